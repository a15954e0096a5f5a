'use strict';
// One worker for one run: node agent.js <execution id>. Exit 0: the run ended; 3: no claim; else: the worker broke, and a
// successor takes the run over when the lease has run out.

const settings = require('./lib/settings');
const change = require('./lib/change');
const killSwitch = require('./lib/kill-switch');
const metrics = require('./lib/metrics');
const workConnection = require('./lib/work-connection');
const { Saas, LeaseLost } = require('./lib/saas');

const { log } = settings;
const ENDED = 0, BROKEN = 1, USAGE = 2, NOT_CLAIMED = 3, LEASE_LOST = 4;
const LOCK_NONE_REFUSED = [1845, 1846];
const ADDING = 'index_change_started', ROLLING_BACK = 'rollback_started';

function configuration() {
  return {
    lockWaitSeconds: settings.number('DDL_LOCK_WAIT_TIMEOUT_SECONDS', 30),
    windowSeconds: settings.number('METRICS_WINDOW_MINUTES', 5) * 60,
    minSamples: settings.number('MIN_SAMPLE_COUNT', 10),
    allowed: {
      latency: settings.number('LATENCY_DEGRADATION_THRESHOLD', 0.1),
      'rows examined': settings.number('ROWS_EXAMINED_DEGRADATION_THRESHOLD', 0.2),
      'full scans': 0,
    },
  };
}

class Work {
  constructor(run, saas, config, connection) {
    Object.assign(this, { run, saas, config, connection });
  }

  /** Everything between the first look at the kill switch and the run's end, which is returned. */
  async carryOut(stopFirst) {
    await workConnection.seize(this.connection, this.run.id, this.config.lockWaitSeconds);
    const begun = this.run.notes.find(({ action, details }) => action === ADDING && !details.existed_before);
    const rollback = this.run.notes.find(({ action }) => action === ROLLING_BACK);
    const index = await change.indexNow(this.connection, this.run);
    const added = Boolean(begun) && index === 'same';
    if (rollback) return this.rollBack(rollback.details, index !== 'same');
    if (stopFirst && added) return this.rollBack({ failReason: 'kill_switch', why: stopFirst });
    if (stopFirst) return killed(stopFirst);
    if (added) log('INFO', 'the index of a predecessor is there; it is not added again');

    const baseline = added ? begun.details.baseline : await this.watch();
    if (!added) {
      await this.saas.note(this.run.id, ADDING, { existed_before: index !== 'none', baseline });
      const refusal = await this.add();
      if (refusal) return refusal;
    }
    const stopNow = await killSwitch.reasonToStop(this.saas, this.run.connection_id);
    if (stopNow) return this.rollBack({ failReason: 'kill_switch', why: stopNow });
    return this.verify(baseline);
  }

  async watch() {
    const digests = this.run.query_digests || [];
    return digests.length ? metrics.watch(this.connection, digests, this.config.windowSeconds) : {};
  }

  /** Returns the run's end if the server refused. */
  async add() {
    await this.saas.heartbeat(this.run.id); // throws if the lease was lost
    try {
      await this.send(change.addSql(this.run));
      return null;
    } catch (error) {
      if (!workConnection.refused(error)) throw error;
      const manual = LOCK_NONE_REFUSED.includes(error.errno);
      return {
        status: manual ? 'requires_manual' : 'failed',
        fail_reason: 'execution_error',
        message: manual ? 'the index cannot be added without a lock' : 'the index could not be added',
        error_message: workConnection.told(error),
      };
    }
  }

  async verify(baseline) {
    const verdict = metrics.judge(baseline, await this.watch(), this.config);
    if (verdict.inconclusive) return { status: 'completed', message: verdict.inconclusive };
    if (verdict.worse.length === 0) return { status: 'completed', message: 'verified: nothing got worse' };
    return this.rollBack({ failReason: 'verification_failed', why: verdict.worse.join('; ') });
  }

  /** Take the index back. The note makes a successor finish what this worker may not. */
  async rollBack({ failReason, why }, alreadyDropped = false) {
    const { id } = this.run;
    const record = { trigger_reason: why, rollback_sql: change.dropSql(this.run) };
    await this.saas.note(id, ROLLING_BACK, { failReason, why });
    await this.saas.heartbeat(id);
    try {
      if (!alreadyDropped) await this.send(change.dropSql(this.run));
    } catch (error) {
      if (!workConnection.refused(error)) throw error;
      const said = workConnection.told(error);
      await this.saas.recordRollback(id, { ...record, status: 'failed' });
      await this.saas.note(id, 'rollback_failed', { error: said, trigger_reason: why, failReason });
      return { status: 'failed', fail_reason: 'execution_error', message: `the rollback failed; ${why}`, error_message: said };
    }
    await this.saas.recordRollback(id, { ...record, status: 'completed' });
    return { status: 'rolled_back', fail_reason: failReason, message: why };
  }

  async send(sql) {
    log('INFO', sql);
    await this.connection.query(sql);
  }
}

const killed = (why) => ({ status: 'failed', fail_reason: 'kill_switch', message: why });

/** The run's end, as PATCH takes it. */
async function endOf(run, objection, saas, config) {
  if (objection) return { status: 'failed', fail_reason: objection.failReason, message: objection.message };
  const stopFirst = await killSwitch.reasonToStop(saas, run.connection_id);
  if (stopFirst && !run.takeover) return killed(stopFirst);
  const connection = await workConnection.open(config.lockWaitSeconds);
  try {
    return await new Work(run, saas, config, connection).carryOut(stopFirst);
  } finally {
    connection.destroy();
  }
}

/** Renew the lease until the returned function is called. */
function keepLease(saas, id) {
  let busy = false;
  const beat = async () => {
    if (busy) return;
    busy = true;
    try {
      await saas.heartbeat(id);
    } catch (error) {
      if (error instanceof LeaseLost && timer) leave(error);
      log('WARNING', error.message);
    }
    busy = false;
  };
  let timer = setInterval(beat, (saas.leaseSeconds * 1000) / 3);
  return () => {
    timer = clearInterval(timer);
  };
}

function leave(error) {
  log('ERROR', error.stack || error.message);
  process.exit(error instanceof LeaseLost ? LEASE_LOST : BROKEN);
}

async function main(id = process.argv[2]) {
  if (!id) {
    process.stderr.write('usage: node agent.js <execution id>\n');
    return USAGE;
  }
  const config = configuration();
  const saas = new Saas({
    url: settings.text('SAAS_API_URL'),
    secret: settings.text('API_SECRET', ''),
    worker: settings.text('WORKER_ID', `${require('node:os').hostname()}-${process.pid}`),
    leaseSeconds: settings.number('EXECUTION_LEASE_TIMEOUT_SECONDS', 60),
    killSwitchSeconds: settings.number('KILL_SWITCH_TIMEOUT_SECONDS', 5),
  });
  const objection = change.objection(await saas.run(id));
  const run = await saas.claim(id);
  if (!run) return NOT_CLAIMED;
  const stopKeeping = keepLease(saas, id);
  const end = await endOf(run, objection, saas, config);
  stopKeeping();
  await saas.finish(id, end);
  log('INFO', `${id}: ${end.status} ${end.fail_reason || ''} ${end.message}`);
  return ENDED;
}

const start = () => main().then((status) => process.exit(status), leave);

module.exports = { start };
if (require.main === module) start();
