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
      ' SUM_ROWS_EXAMINED AS examined, SUM_SELECT_SCAN AS scans, FIRST_SEEN AS seen' +
      ' FROM performance_schema.events_statements_summary_by_digest' +
      ' WHERE SCHEMA_NAME = DATABASE() AND DIGEST IN (?)',
    [digests],
  );
  const counted = ({ samples, seconds, examined, scans }) =>
    Object.fromEntries(Object.entries({ samples, seconds, examined, scans }).map(([k, v]) => [k, Number(v)]));
  return Object.fromEntries(rows.map((row) => [row.digest, { seen: row.seen, counters: counted(row) }]));
}

/** What was added to the counters of each digest in `seconds` from now. */
async function watch(connection, digests, seconds) {
  const opened = await read(connection, digests);
  await pause(Math.ceil(seconds * 1000) + 1);
  const closed = await read(connection, digests);
  const added = {};
  for (const [digest, now] of Object.entries(closed)) {
    const earlier = opened[digest] || { seen: now.seen, counters: {} };
    // Counters that were set back may have grown beyond what they were; that they are others shows in when they began
    added[digest] =
      earlier.seen === now.seen
        ? Object.fromEntries(
            Object.entries(now.counters).map(([name, value]) => [name, value - (earlier.counters[name] || 0)]),
          )
        : { problem: 'the counters were set back' };
  }
  return added;
}

/** Why a digest can't be judged; nothing if it can. */
function unjudged(digest, before, after, minSamples) {
  for (const [name, window] of [['baseline', before], ['metrics', after]]) {
    if (window.problem) return `${name} window: ${window.problem}`;
    if (window[digest]?.problem) return `${name} window: ${window[digest].problem}`;
    const samples = window[digest]?.samples ?? 0;
    if (!(samples >= minSamples)) return `${samples} samples in the ${name} window, ${minSamples} are needed`;
    if (Object.values(window[digest]).some((value) => value < 0)) return `the counters went back in the ${name} window`;
  }
  return null;
}

/** What got worse in one digest, by its own averages. */
function worseIn(digest, before, after, allowed) {
  const [was, is] = [before[digest], after[digest]];
  return MEASURES.flatMap(({ name, column }) => {
    const [old, now] = [was[column] / was.samples, is[column] / is.samples];
    if (now <= old * (1 + allowed[name]) + 1e-12) return [];
    return [`${name} of ${digest.slice(0, 12)}: ${old.toPrecision(4)} -> ${now.toPrecision(4)}, ${is.samples} samples`];
  });
}

/** {worse: [reasons], unjudged: [reasons], judged: how many digests}. Each digest is judged by itself. */
function judge(digests, before, after, { minSamples, allowed }) {
  const reasons = digests.map((digest) => unjudged(digest, before, after, minSamples));
  const fit = digests.filter((_, position) => reasons[position] === null);
  return {
    worse: fit.flatMap((digest) => worseIn(digest, before, after, allowed)),
    unjudged: digests.length ? reasons.filter(Boolean) : ['the run names no queries'],
    judged: fit.length,
  };
}

module.exports = { watch, judge };
