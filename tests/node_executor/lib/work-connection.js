'use strict';
// The agent's connection to MySQL. It holds a lock named after the run as long as it lives: a dead worker's connection
// that still carries out an ALTER holds it, too, so a successor knows whom to end before it looks at the table.

const crypto = require('node:crypto');
const mysql = require('mysql2/promise');
const settings = require('./settings');

const NO_SUCH_THREAD = 1094;
const IDLE_SECONDS = 86400; // in a metrics window nothing is sent

let latest = null;

async function open(lockWaitSeconds) {
  const connection = await mysql.createConnection(settings.mysql());
  connection.on('error', (error) => settings.log('ERROR', `MySQL: ${error.message}`)); // the query that meets it throws
  await connection.query('SET SESSION lock_wait_timeout = ?, wait_timeout = ?, autocommit = 1', [
    Math.max(1, Math.ceil(lockWaitSeconds)),
    IDLE_SECONDS,
  ]);
  latest = connection;
  return connection;
}

/** Send a schema change; while it is under way, `abandon` knows. */
async function change(connection, sql) {
  connection.changing = true;
  try {
    await connection.query(sql);
  } finally {
    connection.changing = false;
  }
}

/** A worker that ends leaves nothing behind: a server would carry out a waiting ALTER of a client that is gone. */
async function abandon() {
  if (!latest?.changing) return;
  const other = await mysql.createConnection(settings.mysql());
  await other.query('KILL ?', [latest.threadId]);
  other.destroy();
}

/** Become the only connection that works on the run; ends that of a predecessor. */
async function seize(connection, runId, patienceSeconds) {
  const scope = `${settings.mysql().database}/${runId}`;
  const name = `executor-${crypto.createHash('sha1').update(scope).digest('hex')}`;
  const giveUp = Date.now() + patienceSeconds * 1000;
  for (;;) {
    const [[{ got }]] = await connection.query('SELECT GET_LOCK(?, 0) AS got', [name]);
    if (got === 1) return;
    if (Date.now() > giveUp) {
      throw Object.assign(new Error('the connection of a predecessor does not end'), { code: 'NOT_ENDED' });
    }
    const [[{ holder }]] = await connection.query('SELECT IS_USED_LOCK(?) AS holder', [name]);
    if (holder !== null) {
      settings.log('INFO', `ending connection ${holder} of a predecessor`);
      await connection.query('KILL ?', [holder]).catch((error) => {
        if (error.errno !== NO_SUCH_THREAD) throw error;
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** True for a refusal by the server; false for a lost connection, after which nobody knows what became of a statement. */
const refused = (error) => typeof error.errno === 'number' && error.errno > 0 && !error.fatal && error.sqlState !== undefined;

/** Whether it is MySQL's, or the way to it, that an error is about. */
const isTrouble = (error) => error.code !== undefined || error.fatal === true;

const told = (error) => `Error ${error.errno ?? error.code}: ${error.sqlMessage || error.message}`;

module.exports = { open, seize, change, abandon, refused, isTrouble, told };
