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
const LAST_WORDS_MS = 2000;
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
  constructor(run, saas, config) {
    Object.assign(this, { run, saas, config, connection: null, sent: false });
  }

  /** A connection that is the only one at work on the run. */
  async connect() {
    this.connection?.destroy();
    this.connection = await workConnection.open(this.config.lockWaitSeconds);
    await workConnection.seize(this.connection, this.run.id, this.config.lockWaitSeconds);
  }

  index() {
    return change.indexNow(this.connection, this.run);
  }

  /** Everything between the first look at the kill switch and the run's end, which is returned. */
  async carryOut(stopFirst) {
    await this.connect();
    const notes = this.run.notes || []; // an API that hands nothing on has none
    const begun = notes.find(({ action, details }) => action === ADDING && !details.existed_before);
    const rollback = notes.find(({ action }) => action === ROLLING_BACK);
    this.sent = Boolean(begun || rollback);
    if (rollback) return this.rollBack(rollback.details, true);
    const index = await this.index();
    if (begun && (index === 'other' || index === 'moved')) return notOurs(index);
    const added = Boolean(begun) && index === 'own';
    if (stopFirst && added) return this.rollBack({ failReason: 'kill_switch', why: stopFirst });
    if (stopFirst) return killed(stopFirst);
    if (added) log('INFO', 'the index of a predecessor is there; it is not added again');
    const key = added ? null : await change.keyServed(this.connection, this.run);
    if (key) return unfit(`the index would serve foreign key ${key}`);

    const baseline = added ? begun.details.baseline : await this.watch();
    if (!added) {
      await this.saas.note(this.run.id, ADDING, { existed_before: index !== 'none', baseline });
      const refusal = await this.add();
      if (refusal) return refusal;
    }
    return (await this.stopped()) || this.verify(baseline);
  }

  /** Ask the kill switch with the index there; if it is on, the run's end. */
  async stopped() {
    const why = await killSwitch.reasonToStop(this.saas, this.run.connection_id);
    return why && this.rollBack({ failReason: 'kill_switch', why });
  }

  /** One metrics window; what can't be measured is a problem, and nothing more. */
  async watch() {
    const digests = this.run.query_digests || [];
    if (digests.length === 0) return {};
    try {
      return await metrics.watch(this.connection, digests, this.config.windowSeconds);
    } catch (error) {
      if (!workConnection.isTrouble(error)) throw error;
      log('WARNING', `the counters can't be read: ${workConnection.told(error)}`);
      if (!workConnection.refused(error)) await this.connect();
      return { problem: `the counters can't be read: ${workConnection.told(error)}` };
    }
  }

  /** Returns the run's end if the server refused. */
  async add() {
    await this.saas.heartbeat(this.run.id); // throws if the lease was lost
    this.sent = true;
    try {
      await this.send(change.addSql(this.run));
      return null;
    } catch (error) {
      if (!workConnection.refused(error)) return this.afterLostConnection(error);
      const manual = LOCK_NONE_REFUSED.includes(error.errno);
      const message = manual ? 'the index cannot be added without a lock' : 'the index could not be added';
      return failed(message, error, manual ? 'requires_manual' : 'failed');
    }
  }

  /** Nobody knows what became of the ADD INDEX; it is ended, looked for, and not sent again. */
  async afterLostConnection(error) {
    if (!workConnection.isTrouble(error)) throw error;
    await this.connect();
    const index = await this.index();
    if (index === 'own') return null;
    if (index === 'none') return failed('the connection was lost, and the index was not added', error);
    return failed('the connection was lost, and the index there is not the run\'s', error, 'requires_manual');
  }

  async verify(baseline) {
    const after = await this.watch();
    const end = await this.stopped();
    if (end) return end;
    const verdict = metrics.judge(this.run.query_digests || [], baseline, after, this.config);
    if (verdict.worse.length) return this.rollBack({ failReason: 'verification_failed', why: verdict.worse.join('; ') });
    const index = await this.index();
    if (index !== 'own') return notOurs(index);
    const open = verdict.unjudged.map((why) => `inconclusive: ${why}`);
    return { status: 'completed', message: [...(verdict.judged ? ['nothing got worse'] : []), ...open].join('; ') };
  }

  /** Take the index back. The note makes a successor finish what this worker may not. */
  async rollBack({ failReason, why }, inherited = false) {
    const { id } = this.run;
    const record = { trigger_reason: why, rollback_sql: change.dropSql(this.run) };
    await this.saas.noteRollback(id, ROLLING_BACK, { failReason, why });
    await this.saas.heartbeat(id);
    try {
      await this.drop(inherited);
    } catch (error) {
      if (!workConnection.isTrouble(error)) throw error;
      const end = failed(`the rollback failed; ${why}`, error);
      await this.saas.recordRollback(id, { ...record, status: 'failed' });
      await this.saas.noteRollback(id, 'rollback_failed', { error: end.error_message, trigger_reason: why, failReason });
      return end;
    }
    await this.saas.recordRollback(id, { ...record, status: 'completed' });
    return { status: 'rolled_back', fail_reason: failReason, message: why };
  }

  /** Drop the run's own index and no other. */
  async drop(inherited) {
    const index = await this.index();
    if (index === 'none' && inherited) return; // the predecessor had come so far
    if (index !== 'own') throw Object.assign(new Error(notOurs(index).message), { code: 'NOT_OURS' });
    try {
      await this.send(change.dropSql(this.run));
    } catch (error) {
      if (workConnection.refused(error) || !workConnection.isTrouble(error)) throw error;
      await this.connect();
      if ((await this.index()) !== 'none') throw error;
    }
  }

  async send(sql) {
    log('INFO', sql);
    await workConnection.change(this.connection, sql);
  }
}

function failed(message, error, status = 'failed') {
  return { status, fail_reason: 'execution_error', message, error_message: workConnection.told(error) };
}

const WHAT_BECAME = {
  none: 'the index of the run is gone: somebody else dropped it',
  moved: 'the index of the run was renamed by somebody else',
  other: 'the index of that name is not the one that the run made',
};
const notOurs = (index) => ({
  status: 'failed', fail_reason: 'execution_error', message: WHAT_BECAME[index], error_message: WHAT_BECAME[index],
});

/** The table can't take the index; nothing was sent. */
const unfit = (why) => ({ status: 'requires_manual', fail_reason: 'execution_error', message: why, error_message: why });

const killed = (why) => ({ status: 'failed', fail_reason: 'kill_switch', message: why });

/** The run's end, as PATCH takes it. */
async function endOf(run, objection, saas, config) {
  if (objection) return { status: 'failed', fail_reason: objection.failReason, message: objection.message };
  const stopFirst = await killSwitch.reasonToStop(saas, run.connection_id);
  if (stopFirst && !run.takeover) return killed(stopFirst);
  const work = new Work(run, saas, config);
  try {
    return await work.carryOut(stopFirst);
  } catch (error) {
    // Before anything was sent a successor may try; after it a person has to look
    if (!work.sent || !workConnection.isTrouble(error)) throw error;
    return failed('MySQL cannot be used, so that the state of the index is not known', error, 'requires_manual');
  } finally {
    work.connection?.destroy();
  }
}

/**
 * Renew the lease until `stop` is called. Once the end `isReported`, a renewal that is refused may mean that the report has
 * arrived: then only its answer tells.
 */
function keepLease(saas, id) {
  let busy = false, reported = false;
  const beat = async () => {
    if (busy) return;
    busy = true;
    try {
      await saas.heartbeat(id);
    } catch (error) {
      if (error instanceof LeaseLost && timer && !reported) leave(error);
      log('WARNING', error.message);
    }
    busy = false;
  };
  let timer = setInterval(beat, (saas.leaseSeconds * 1000) / 3);
  return {
    isReported: () => {
      reported = true;
    },
    stop: () => {
      timer = clearInterval(timer);
    },
  };
}

function leave(error) {
  log('ERROR', error.stack || error.message);
  const exit = () => process.exit(error instanceof LeaseLost ? LEASE_LOST : BROKEN);
  setTimeout(exit, LAST_WORDS_MS);
  workConnection.abandon().then(exit, exit);
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
  const lease = keepLease(saas, id);
  const end = await endOf(run, objection, saas, config);
  lease.isReported();
  await saas.finish(id, end);
  lease.stop();
  log('INFO', `${id}: ${end.status} ${end.fail_reason || ''} ${end.message}`);
  return ENDED;
}

const start = () => main().then((status) => process.exit(status), leave);

module.exports = { start };
if (require.main === module) start();
