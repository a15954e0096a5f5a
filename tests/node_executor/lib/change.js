'use strict';
// The change of a run: whether it may be tried, its SQL, and the index it makes as the server shows it.

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

function addSql(run) {
  const columns = run.columns.map((column) => {
    const [, name, prefix] = COLUMN.exec(column);
    return quoted(name) + (prefix ? `(${prefix})` : '');
  });
  const what = kind(run) === 'BTREE' ? 'INDEX' : `${kind(run)} INDEX`;
  return (
    `ALTER TABLE ${quoted(run.table_name)} ADD ${what} ${quoted(run.index_name)} (${columns.join(', ')}),` +
    ' ALGORITHM=INPLACE, LOCK=NONE'
  );
}

const dropSql = (run) => `ALTER TABLE ${quoted(run.table_name)} DROP INDEX ${quoted(run.index_name)}`;

/** 'none', 'same' (the columns and the kind of the run's index) or 'other'. */
async function indexNow(connection, run) {
  const [parts] = await connection.query(
    'SELECT COLUMN_NAME AS name, SUB_PART AS prefix, INDEX_TYPE AS kind, NON_UNIQUE AS common' +
      ' FROM information_schema.STATISTICS' +
      ' WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND INDEX_NAME = ? ORDER BY SEQ_IN_INDEX',
    [run.table_name, run.index_name],
  );
  if (parts.length === 0) return 'none';
  const spatial = kind(run) === 'SPATIAL'; // its prefix is the server's own
  const found = parts.map((part) => part.name + (part.prefix && !spatial ? `(${part.prefix})` : ''));
  const sameColumns = found.join().toLowerCase() === run.columns.join().toLowerCase();
  return sameColumns && parts[0].kind === kind(run) && Number(parts[0].common) === 1 ? 'same' : 'other';
}

module.exports = { IDENTIFIER, objection, addSql, dropSql, indexNow };
