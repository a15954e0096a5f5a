'use strict';
// What the run's queries cost, from performance_schema, and whether they cost more than before.

const { setTimeout: pause } = require('node:timers/promises');

const MEASURES = [
  { name: 'latency', column: 'seconds' },
  { name: 'rows examined', column: 'examined' },
  { name: 'full scans', column: 'scans' },
];

async function read(connection, digests) {
  // No prepared statement: query() puts the values in on this side
  const [rows] = await connection.query(
    'SELECT DIGEST AS digest, COUNT_STAR AS samples, SUM_TIMER_WAIT / 1e12 AS seconds,' +
      ' SUM_ROWS_EXAMINED AS examined, SUM_SELECT_SCAN AS scans' +
      ' FROM performance_schema.events_statements_summary_by_digest' +
      ' WHERE SCHEMA_NAME = DATABASE() AND DIGEST IN (?)',
    [digests],
  );
  const counted = ({ samples, seconds, examined, scans }) =>
    Object.fromEntries(Object.entries({ samples, seconds, examined, scans }).map(([k, v]) => [k, Number(v)]));
  return Object.fromEntries(rows.map((row) => [row.digest, counted(row)]));
}

/** What was added to the counters of each digest in `seconds` from now. */
async function watch(connection, digests, seconds) {
  const opened = await read(connection, digests);
  await pause(Math.ceil(seconds * 1000) + 1);
  const closed = await read(connection, digests);
  const added = {};
  for (const [digest, now] of Object.entries(closed)) {
    const earlier = opened[digest] || {};
    added[digest] = Object.fromEntries(Object.entries(now).map(([name, value]) => [name, value - (earlier[name] || 0)]));
  }
  return added;
}

const samplesIn = (window) => Object.values(window).reduce((sum, { samples }) => sum + samples, 0);

/**
 * {inconclusive: why} or {worse: [reasons]}. Each query is held against its own average before, so that another mix
 * of queries is no degradation; a query that did not run in both windows says nothing.
 */
function judge(before, after, { minSamples, allowed }) {
  const few = [['baseline', before], ['metrics', after]].find(([, window]) => samplesIn(window) < minSamples);
  if (few) {
    return { inconclusive: `inconclusive: ${samplesIn(few[1])} samples in the ${few[0]} window, ${minSamples} are needed` };
  }
  const both = Object.keys(after).filter((digest) => after[digest].samples > 0 && before[digest]?.samples > 0);
  if (both.length === 0) return { inconclusive: 'inconclusive: no query ran in both windows' };
  const worse = [];
  for (const { name, column } of MEASURES) {
    const sum = (value) => both.reduce((total, digest) => total + value(digest), 0);
    const is = sum((digest) => after[digest][column]);
    const was = sum((digest) => (before[digest][column] / before[digest].samples) * after[digest].samples);
    if (is > was * (1 + allowed[name]) + 1e-9) {
      worse.push(`${name} ${was.toPrecision(4)} -> ${is.toPrecision(4)} in ${samplesIn(after)} samples`);
    }
  }
  return { worse };
}

module.exports = { watch, judge };
