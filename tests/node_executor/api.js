'use strict';
// The SaaS API of docs/contract.md.
//
// Fencing: `claimed_at` of the last claim grows with each claim of a run, so it names the claim. `claim_token` is made of it
// by a key that only the APIs know, so it is stored nowhere; what comes without the token of the last claim is answered with
// 409, and so is what comes when the lease has run out.

const crypto = require('node:crypto');
const http = require('node:http');
const mysql = require('mysql2/promise');
const settings = require('./lib/settings');
const { ID, objection } = require('./lib/change');
const { version } = require('./package.json');

const { log } = settings;
const SECRET = settings.text('API_SECRET', '');
const LEASE_SECONDS = settings.number('EXECUTION_LEASE_TIMEOUT_SECONDS', 60);
const LONGEST_LEASE_SECONDS = 3600;
const BODY_LIMIT = 1_000_000;
const GLOBAL = '*'; // the connection_id under which the global switch is kept
const ENDS = ['completed', 'failed', 'rolled_back', 'requires_manual'];
const STATUSES = ['scheduled', 'running', ...ENDS];
const FAIL_REASONS = ['kill_switch', 'execution_error', 'verification_failed', 'validation_error', 'out_of_scope'];
const TAKEN = 1062;

const pool = mysql.createPool({ ...settings.mysql(), connectionLimit: 10 });
pool.pool.on('connection', (connection) => connection.query("SET SESSION time_zone = '+00:00'"));

class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

// -- input -----------------------------------------------------------------------------------------------------------

function check(holds, detail) {
  if (!holds) throw new Problem(422, detail);
}

function textOf(body, name, longest, optional = false) {
  const value = body[name] ?? null;
  if (value === null && optional) return null;
  check(typeof value === 'string' && value !== '' && value.length <= longest, `${name} has to be a text of 1 to ${longest}`);
  return value;
}

function idOf(body, name, optional = false) {
  const value = textOf(body, name, 64, optional);
  check(value === null || ID.test(value), `${name} has to begin with a letter or digit and to hold no more than . _ : - besides`);
  return value;
}

function choiceOf(body, name, choices, optional = false) {
  const value = textOf(body, name, 64, optional);
  check(value === null || choices.includes(value), `${name} has to be one of ${choices.join(', ')}`);
  return value;
}

function textsOf(body, name, optional = false) {
  const value = body[name] ?? null;
  if (value === null && optional) return null;
  const holds = Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '');
  check(holds && (optional || value.length > 0), `${name} has to be a list of texts`);
  return value;
}

/** Of the lease that a claim asks for. */
function leaseMicroseconds(body) {
  const seconds = body.lease_seconds ?? LEASE_SECONDS;
  check(typeof seconds === 'number' && seconds > 0 && seconds <= LONGEST_LEASE_SECONDS, 'lease_seconds is not usable');
  return Math.round(seconds * 1e6);
}

// -- runs ------------------------------------------------------------------------------------------------------------

const RUN =
  'SELECT id, connection_id, action, table_name, index_name, index_type, columns, query_digests, status, fail_reason,' +
  ' message, error_message, claimed_by, claimed_at, lease_expires_at FROM execution_runs';

const asRun = (row) => ({ ...row, columns: JSON.parse(row.columns), query_digests: JSON.parse(row.query_digests) });

const tokenOf = ({ id, claimed_at }) => crypto.createHmac('sha256', SECRET).update(`${id} ${claimed_at}`).digest('hex');
const same = (one, other) => {
  const digest = (value) => crypto.createHash('sha256').update(value).digest();
  return crypto.timingSafeEqual(digest(one), digest(other));
};
const holds = (run, token) => run.claimed_at !== null && same(token ?? '', tokenOf(run));

async function findRun(connection, id, forUpdate = false) {
  const [rows] = await connection.query(`${RUN} WHERE id = ?${forUpdate ? ' FOR UPDATE' : ''}`, [id]);
  if (rows.length === 0) throw new Problem(404, `there is no run ${id}`);
  return asRun(rows[0]);
}

async function inTransaction(work) {
  const connection = await pool.getConnection();
  try {
    await connection.beginTransaction();
    const result = await work(connection);
    await connection.commit();
    return result;
  } catch (error) {
    await connection.rollback().catch(() => connection.destroy());
    throw error;
  } finally {
    connection.release();
  }
}

/** Do `work` with the run locked, if the caller's claim is the last one, its lease alive, and the run has not ended. */
function underClaim(id, token, work, ended = () => null) {
  return inTransaction(async (connection) => {
    const run = await findRun(connection, id, true);
    const answer = holds(run, token) && ended(run);
    if (answer) return answer;
    if (run.status !== 'running') throw new Problem(409, `run ${id} is ${run.status}`);
    if (!holds(run, token)) throw new Problem(409, `X-Claim-Token is not that of the last claim of run ${id}`);
    const [[{ alive }]] = await connection.query(
      'SELECT lease_expires_at > UTC_TIMESTAMP(6) AS alive FROM execution_runs WHERE id = ?', [id]);
    if (!alive) throw new Problem(409, `the lease of run ${id} has run out`);
    return work(connection);
  });
}

const record = (table, row, runId, token) =>
  underClaim(runId, token, (connection) => connection.query('INSERT INTO ?? SET ?', [table, row]));

async function createRun({ body }) {
  const run = {
    id: idOf(body, 'id'),
    connection_id: idOf(body, 'connection_id'),
    action: textOf(body, 'action', 64),
    table_name: textOf(body, 'table_name', 64),
    index_name: textOf(body, 'index_name', 64),
    columns: textsOf(body, 'columns'),
    query_digests: textsOf(body, 'query_digests', true),
    index_type: choiceOf(body, 'index_type', ['BTREE', 'FULLTEXT', 'SPATIAL'], true) || 'BTREE',
  };
  const wrong = objection(run);
  check(!wrong || wrong.failReason === 'out_of_scope', wrong?.message); // what is out of scope the agent turns down
  const row = { ...run, columns: JSON.stringify(run.columns), status: 'scheduled' };
  row.query_digests = run.query_digests && JSON.stringify(run.query_digests);
  await pool.query('INSERT INTO execution_runs SET ?', [row]).catch((error) => {
    throw error.errno === TAKEN ? new Problem(409, `there is a run ${run.id} already`) : error;
  });
  return [201, await findRun(pool, run.id)];
}

async function listRuns({ query }) {
  const status = query.get('status');
  check(status === null || STATUSES.includes(status), `status has to be one of ${STATUSES.join(', ')}`);
  const [rows] = await pool.query(`${RUN} WHERE ? IS NULL OR status = ? ORDER BY id`, [status, status]);
  return [200, rows.map(asRun)];
}

const showRun = async ({ id }) => [200, await findRun(pool, id)];

async function claim({ id, body }) {
  const worker = textOf(body, 'worker_id', 128, true) || 'unnamed';
  const lease = leaseMicroseconds(body);
  return inTransaction(async (connection) => {
    const [{ affectedRows }] = await connection.query(
      "UPDATE execution_runs SET status = 'running', claimed_by = ?, claimed_at = UTC_TIMESTAMP(6)," +
        ' lease_expires_at = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND' +
        " WHERE id = ? AND (status = 'scheduled' OR (status = 'running' AND lease_expires_at <= UTC_TIMESTAMP(6)))",
      [worker, lease, id],
    );
    const run = await findRun(connection, id);
    if (affectedRows === 0) throw new Problem(409, `run ${id} is ${run.status}, claimed by ${run.claimed_by}`);
    const [[{ earlier }]] = await connection.query(
      'SELECT COUNT(*) AS earlier FROM execution_claims WHERE execution_run_id = ?', [id]);
    await connection.query('INSERT INTO execution_claims SET ?', [{
      execution_run_id: id, worker_id: worker, lease_expires_at: run.lease_expires_at, created_at: run.claimed_at,
    }]);
    const [notes] = await connection.query(
      'SELECT action, details FROM audit_logs WHERE resource_id = ? ORDER BY created_at', [id]);
    const read = ({ action, details }) => ({ action, details: JSON.parse(details) ?? {} });
    return [200, { ...run, claim_token: tokenOf(run), takeover: earlier > 0, notes: notes.map(read) }];
  });
}

/** The lease begins anew, as long as it was granted. */
async function heartbeat({ id, token }) {
  return underClaim(id, token, async (connection) => {
    const [[granted]] = await connection.query(
      'SELECT TIMESTAMPDIFF(MICROSECOND, created_at, lease_expires_at) AS lease FROM execution_claims' +
        ' WHERE execution_run_id = ? ORDER BY created_at DESC LIMIT 1', [id]);
    const lease = granted?.lease ?? LEASE_SECONDS * 1e6;
    await connection.query(
      'UPDATE execution_runs SET lease_expires_at = UTC_TIMESTAMP(6) + INTERVAL ? MICROSECOND WHERE id = ?', [lease, id]);
    return [200, await findRun(connection, id)];
  });
}

async function changeStatus({ id, body, token }) {
  const end = {
    status: choiceOf(body, 'status', STATUSES),
    fail_reason: choiceOf(body, 'fail_reason', FAIL_REASONS, true),
    message: textOf(body, 'message', 60_000, true),
    error_message: textOf(body, 'error_message', 60_000, true),
  };
  const again = (run) => ENDS.includes(end.status) && run.status === end.status && [200, run];
  return underClaim(id, token, async (connection) => {
    if (!ENDS.includes(end.status)) throw new Problem(409, `a running run does not become ${end.status}`);
    await connection.query('UPDATE execution_runs SET ? WHERE id = ?', [end, id]);
    return [200, await findRun(connection, id)];
  }, again);
}

// -- kill switch, rollbacks, audit, health ---------------------------------------------------------------------------

async function showKillSwitch({ query }) {
  const connectionId = query.get('connection_id');
  check(connectionId && connectionId !== GLOBAL, 'connection_id is missing');
  const [rows] = await pool.query(
    'SELECT connection_id, reason FROM kill_switches WHERE active <> 0 AND connection_id IN (?)', [[GLOBAL, connectionId]]);
  const on = (id) => rows.find((row) => row.connection_id === id);
  const reason = (on(GLOBAL) || on(connectionId))?.reason ?? null;
  return [200, { global_active: Boolean(on(GLOBAL)), connection_active: Boolean(on(connectionId)), reason }];
}

async function setKillSwitch({ body }) {
  const connectionId = idOf(body, 'connection_id', true);
  check(typeof body.active === 'boolean', 'active has to be true or false');
  const row = [connectionId ?? GLOBAL, body.active, textOf(body, 'reason', 255, true)];
  await pool.query('REPLACE INTO kill_switches (connection_id, active, reason) VALUES (?)', [row]);
  return [200, { connection_id: connectionId, active: row[1], reason: row[2] }];
}

async function recordRollback({ body, token }) {
  const row = {
    execution_run_id: textOf(body, 'execution_run_id', 64),
    rollback_type: choiceOf(body, 'rollback_type', ['auto', 'manual']),
    trigger_reason: textOf(body, 'trigger_reason', 60_000),
    rollback_sql: textOf(body, 'rollback_sql', 60_000),
    status: choiceOf(body, 'status', ['pending', 'completed', 'failed']),
  };
  await record('rollbacks', row, row.execution_run_id, token);
  return [201, row];
}

async function recordAudit({ body, token }) {
  const id = textOf(body, 'execution_run_id', 64);
  const { old_status, new_status, timestamp } = body;
  check(typeof (body.details ?? {}) === 'object', 'details has to be an object');
  const details = { ...body.details, old_status, new_status, timestamp };
  const row = { tenant_id: 'default', action: textOf(body, 'action', 64), resource_type: 'execution_run', resource_id: id };
  await record('audit_logs', { ...row, details: JSON.stringify(details) }, id, token);
  return [201, { ...row, details }];
}

async function health() {
  const commit = process.env.EXECUTOR_COMMIT || 'unknown';
  try {
    await pool.query('SELECT 1');
    return [200, { status: 'ok', version, commit, database: 'ok' }];
  } catch (error) {
    return [503, { status: 'unavailable', version, commit, database: error.code || 'unknown' }];
  }
}

// -- HTTP ------------------------------------------------------------------------------------------------------------

const ROUTES = [
  ['POST', /^\/api\/executions$/, createRun],
  ['GET', /^\/api\/executions$/, listRuns],
  ['GET', /^\/api\/executions\/([^/]+)$/, showRun],
  ['POST', /^\/api\/executions\/([^/]+)\/claim$/, claim],
  ['POST', /^\/api\/executions\/([^/]+)\/heartbeat$/, heartbeat],
  ['PATCH', /^\/api\/executions\/([^/]+)\/status$/, changeStatus],
  ['GET', /^\/api\/kill-switch$/, showKillSwitch],
  ['POST', /^\/api\/kill-switch$/, setKillSwitch],
  ['POST', /^\/api\/rollbacks$/, recordRollback],
  ['POST', /^\/api\/audit$/, recordAudit],
  ['GET', /^\/health$/, health],
];

async function bodyOf(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > BODY_LIMIT) throw new Problem(413, 'the body is too long');
    parts.push(part);
  }
  if (size === 0) return {};
  let body = null;
  try {
    body = JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch {
    // told below
  }
  check(body !== null && typeof body === 'object' && !Array.isArray(body), 'the body has to be a JSON object');
  return body;
}

const knowsTheSecret = (request) => !SECRET || same(request.headers['x-api-secret'] ?? '', SECRET);

async function answerTo(request) {
  const url = new URL(request.url, 'http://api');
  if (url.pathname !== '/health' && !knowsTheSecret(request)) throw new Problem(401, 'X-API-SECRET is missing or wrong');
  const body = await bodyOf(request);
  for (const [method, path, handle] of ROUTES) {
    const found = request.method === method && path.exec(url.pathname);
    if (!found) continue;
    const id = found[1] && decodeURIComponent(found[1]);
    return handle({ id, body, query: url.searchParams, token: request.headers['x-claim-token'] });
  }
  throw new Problem(404, `there is no ${request.method} ${url.pathname}`);
}

async function serve(request, response) {
  let status, content, type = 'application/json';
  try {
    [status, content] = await answerTo(request);
  } catch (error) {
    status = error instanceof Problem ? error.status : error instanceof URIError ? 404 : 500;
    if (status === 500) log('ERROR', error.stack);
    const detail = status === 500 ? 'see the log of the API' : error.message;
    content = { type: 'about:blank', title: http.STATUS_CODES[status], status, detail };
    type = 'application/problem+json';
  }
  log('DEBUG', `${request.method} ${request.url.split('?')[0]} -> ${status}`); // who is wrong may have put a secret behind it
  const bytes = Buffer.from(JSON.stringify(content));
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': bytes.length }).end(bytes);
}

const server = http.createServer(serve);
server.on('error', (error) => {
  log('ERROR', `the API cannot listen: ${error.message}`);
  process.exit(1);
});
server.listen(settings.number('API_PORT', 8080), settings.text('API_HOST', '127.0.0.1'), () =>
  log('INFO', `listening at ${server.address().address}:${server.address().port}`));
process.on('SIGTERM', () => {
  server.closeAllConnections?.();
  server.close(() => pool.end().finally(() => process.exit(0)));
});
