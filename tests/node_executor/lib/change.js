'use strict';
// The change of a run: whether it may be tried, its SQL, and the index it makes as the server shows it.

const { escape } = require('mysql2');

const ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_$]{0,63}$/;
const COLUMN = /^([A-Za-z_][A-Za-z0-9_$]{0,63})(?:\(([1-9][0-9]{0,3})\))?$/;
const KINDS = ['BTREE', 'FULLTEXT', 'SPATIAL'];

/** Why the run is not to be tried, as {failReason, message}; null if it may be. */
function objection(run) {
  if (run.action !== 'ADD_INDEX') {
    return { failReason: 'out_of_scope', message: `only ADD_INDEX is carried out, not ${run.action}` };
  }
  const wrong = [run.table_name, run.index_name].filter((name) => !IDENTIFIER.test(name));
  const columns = Array.isArray(run.columns) ? run.columns : [];
  wrong.push(...columns.filter((column) => typeof column !== 'string' || !COLUMN.test(column)));
  if (columns.length === 0) wrong.push('(no columns)');
  if (run.index_name.toUpperCase() === 'PRIMARY') wrong.push(run.index_name);
  if (!KINDS.includes(kind(run))) wrong.push(run.index_type);
  return wrong.length ? { failReason: 'validation_error', message: `not usable: ${wrong.join(', ')}` } : null;
}

const kind = (run) => run.index_type || 'BTREE';
const quoted = (name) => `\`${name}\``; // objection() has let only plain names pass
const ONLINE = 'ALGORITHM=INPLACE, LOCK=NONE';

/** By this the run's index is known again: the server keeps it with the index, whatever its name. */
const comment = (run) => `execution run ${run.id}`;

function addSql(run) {
  const columns = run.columns.map((column) => {
    const [, name, prefix] = COLUMN.exec(column);
    return quoted(name) + (prefix ? `(${prefix})` : '');
  });
  const what = kind(run) === 'BTREE' ? 'INDEX' : `${kind(run)} INDEX`;
  return (
    `ALTER TABLE ${quoted(run.table_name)} ADD ${what} ${quoted(run.index_name)} (${columns.join(', ')})` +
    ` COMMENT ${escape(comment(run))}, ${ONLINE}`
  );
}

const dropSql = (run) => `ALTER TABLE ${quoted(run.table_name)} DROP INDEX ${quoted(run.index_name)}, ${ONLINE}`;

/** 'none'; 'own', the run's index as approved; 'other', of its name; or 'moved', the run's under another name. */
async function indexNow(connection, run) {
  const [parts] = await connection.query(
    'SELECT * FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?' +
      ' ORDER BY INDEX_NAME, SEQ_IN_INDEX',
    [run.table_name],
  );
  const here = parts.filter((part) => part.INDEX_NAME.toLowerCase() === run.index_name.toLowerCase());
  if (here.length === 0) return parts.some((part) => part.INDEX_COMMENT === comment(run)) ? 'moved' : 'none';
  const spatial = kind(run) === 'SPATIAL'; // its prefix is the server's own
  const found = here.map((part) => part.COLUMN_NAME + (part.SUB_PART && !spatial ? `(${part.SUB_PART})` : ''));
  const [columns] = await connection.query(
    'SELECT COLUMN_NAME, CHARACTER_MAXIMUM_LENGTH FROM information_schema.COLUMNS' +
      ' WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?',
    [run.table_name],
  );
  // A prefix as long as its column is none to the server
  const whole = columns.map((one) => `${one.COLUMN_NAME}(${one.CHARACTER_MAXIMUM_LENGTH})`.toLowerCase());
  const wanted = run.columns.map((one) => (whole.includes(one.toLowerCase()) ? COLUMN.exec(one)[1] : one));
  const approved =
    found.join().toLowerCase() === wanted.join().toLowerCase() &&
    here.every((part) => part.INDEX_TYPE === kind(run) && Number(part.NON_UNIQUE) === 1 && part.COLLATION !== 'D') &&
    here.every((part) => part.IS_VISIBLE !== 'NO' && part.IGNORED !== 'YES');
  return approved && here[0].INDEX_COMMENT === comment(run) ? 'own' : 'other';
}

/** The foreign key that the index would serve: the server may drop its old index for it, and keep the new one for good. */
async function keyServed(connection, run) {
  const [parts] = await connection.query(
    'SELECT * FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?' +
      ' AND REFERENCED_TABLE_NAME IS NOT NULL ORDER BY CONSTRAINT_NAME',
    [run.table_name],
  );
  const columns = run.columns.map((column) => COLUMN.exec(column)[1].toLowerCase());
  const isFirst = (name) => {
    const key = parts.filter((part) => part.CONSTRAINT_NAME === name).map((part) => part.COLUMN_NAME.toLowerCase());
    return key.every((column) => columns.slice(0, key.length).includes(column));
  };
  return parts.map((part) => part.CONSTRAINT_NAME).find(isFirst) || null;
}

module.exports = { ID, IDENTIFIER, objection, addSql, dropSql, indexNow, keyServed };
