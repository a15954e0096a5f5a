'use strict';
// The agent's calls to the SaaS API.

const { setTimeout: pause } = require('node:timers/promises');
const { log } = require('./settings');

const CALL_SECONDS = 10;
const ATTEMPTS = 8;
const PAUSE_MS = 150;

class LeaseLost extends Error {}

class Saas {
  #claimedAt = null;

  constructor({ url, secret, worker, leaseSeconds, killSwitchSeconds }) {
    Object.assign(this, { url: url.replace(/\/+$/, ''), secret, worker, leaseSeconds, killSwitchSeconds });
  }

  /** One call, with a deadline from its first byte to its last; the body is null where it is no JSON. */
  async #call(method, path, content, seconds = CALL_SECONDS) {
    const headers = {};
    if (this.secret) headers['X-API-SECRET'] = this.secret;
    if (this.#claimedAt) headers['X-Claimed-At'] = this.#claimedAt; // which claim this is said under
    if (content !== undefined) headers['Content-Type'] = 'application/json';
    let answer, text;
    try {
      answer = await fetch(this.url + path, {
        method,
        headers,
        body: content === undefined ? undefined : JSON.stringify(content),
        redirect: 'manual',
        signal: AbortSignal.timeout(Math.max(1, Math.round(seconds * 1000))),
      });
      text = await answer.text();
    } catch (error) {
      throw new Error(`${method} ${path}: ${error.cause?.message || error.cause?.code || error.message}`);
    }
    log('DEBUG', `${method} ${path} -> ${answer.status}`);
    let body = null;
    try {
      body = JSON.parse(text);
    } catch {
      // an HTML page, or a cut answer
    }
    return { status: answer.status, body };
  }

  /** A call that has to get through: trouble on the way is met with more attempts, a lost lease with LeaseLost. */
  async #report(method, path, content) {
    for (let attempt = 1; ; attempt += 1) {
      let trouble;
      try {
        const { status, body } = await this.#call(method, path, content);
        if (status < 300) return body;
        trouble = new Error(`${method} ${path}: ${status} ${body?.detail || ''}`);
        if (status === 409) throw new LeaseLost(trouble.message);
        if (status < 500) attempt = ATTEMPTS; // asked again it would say the same
      } catch (error) {
        if (error instanceof LeaseLost) throw error;
        trouble = error;
      }
      if (attempt >= ATTEMPTS) throw trouble;
      log('WARNING', `${trouble.message}; once more`);
      await pause(PAUSE_MS * attempt);
    }
  }

  #path(id, rest = '') {
    return `/api/executions/${encodeURIComponent(id)}${rest}`;
  }

  run(id) {
    return this.#report('GET', this.#path(id));
  }

  /** The run with its lease, `takeover` and `notes`; null if somebody else has it or it is over. */
  async claim(id) {
    const wish = { worker_id: this.worker, lease_seconds: this.leaseSeconds };
    const { status, body } = await this.#call('POST', this.#path(id, '/claim'), wish);
    if (status === 409) return null;
    if (status !== 200) throw new Error(`the claim was answered with ${status}`);
    this.#claimedAt = body.claimed_at;
    return body;
  }

  heartbeat(id) {
    return this.#report('POST', this.#path(id, '/heartbeat'), { lease_seconds: this.leaseSeconds });
  }

  /** The run's end. If an answer was lost on the way, the run itself tells whether it had been heard. */
  async finish(id, end) {
    try {
      await this.#report('PATCH', this.#path(id, '/status'), end);
    } catch (error) {
      const run = await this.run(id);
      if (run.status !== end.status || run.claimed_at !== this.#claimedAt) throw error;
    }
  }

  recordRollback(id, details) {
    return this.#report('POST', '/api/rollbacks', { execution_run_id: id, rollback_type: 'auto', ...details });
  }

  /** A line in the audit log; a successor is handed all of its run as `notes`. */
  note(id, action, details) {
    const timestamp = new Date().toISOString();
    return this.#report('POST', '/api/audit', { execution_run_id: id, action, details, timestamp });
  }

  killSwitch(connectionId) {
    const path = `/api/kill-switch?connection_id=${encodeURIComponent(connectionId)}`;
    return this.#call('GET', path, undefined, this.killSwitchSeconds);
  }
}

module.exports = { Saas, LeaseLost };
