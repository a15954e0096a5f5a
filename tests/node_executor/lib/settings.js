'use strict';
// The environment of API and agent, as docs/contract.md names it.

function text(name, fallback) {
  const value = process.env[name];
  if (value !== undefined && value !== '') return value;
  if (fallback === undefined) throw new Error(`${name} is not set`);
  return fallback;
}

function number(name, fallback) {
  const value = Number(text(name, String(fallback)));
  if (!Number.isFinite(value) || value < 0) throw new Error(`${name} is not a number of zero or more`);
  return value;
}

/** Options of a connection; times are UTC and come as text, because a Date would lose their microseconds. */
function mysql() {
  return {
    host: text('MYSQL_HOST', '127.0.0.1'),
    port: number('MYSQL_PORT', 3306),
    user: text('MYSQL_USER'),
    password: text('MYSQL_PASSWORD', ''),
    database: text('MYSQL_DATABASE'),
    charset: 'utf8mb4',
    dateStrings: true,
    connectTimeout: 10_000,
  };
}

const LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR'];

function log(level, message) {
  const wanted = LEVELS.indexOf(text('LOG_LEVEL', 'INFO').toUpperCase());
  if (LEVELS.indexOf(level) >= wanted) {
    process.stderr.write(`${new Date().toISOString()} ${level} ${message}\n`);
  }
}

module.exports = { text, number, mysql, log };
