'use strict';
// The agent's calls to the SaaS API.

const { setTimeout: pause } = require('node:timers/promises');
const { log } = require('./settings');

const CALL_SECONDS = 10;
const PATIENCE_SECONDS = 10;
const PAUSE_MS = 150;
const LONGEST_PAUSE_MS = 1000;

/** Milliseconds; a time that names no zone is UTC, and not of this machine's, where the clock may be changed in between. */
const utc = (time) => Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(time) ? time : `${time.replace(' ', 'T')}Z`);

class LeaseLost extends Error {}
class Refused extends Error {}

class Saas {
  #token = null;
  #leaseEnds = Infinity; // by this machine's clock, never later than in the database

  constructor({ url, secret, worker, leaseSeconds, killSwitchSeconds }) {
    Object.assign(this, { url: url.replace(/\/+$/, ''), secret, worker, leaseSeconds, killSwitchSeconds });
  }

  /** One call, with a deadline from its first byte to its last; the body is null where it is no JSON. */
  async #call(method, path, content, seconds = CALL_SECONDS) {
    const headers = {};
    if (this.secret) headers['X-API-SECRET'] = this.secret;
    if (this.#token) headers['X-Claim-Token'] = this.#token;
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
      const bytes = await answer.arrayBuffer();
      text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
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
    return { status: answer.status, type: answer.headers.get('Content-Type') ?? '', text, body };
  }

  /**
   * A call that has to get through: trouble on the way is met with more attempts for at least the length of the lease, a
   * lost lease with LeaseLost, and any other refusal with Refused.
   */
  #report(method, path, content) {
    return this.#insist(() => this.#call(method, path, content), `${method} ${path}`);
  }

  async #insist(call, what) {
    const giveUp = Date.now() + Math.max(this.leaseSeconds, PATIENCE_SECONDS) * 1000;
    for (let attempt = 1; ; attempt += 1) {
      let trouble;
      try {
        const { status, body } = await call();
        if (status < 300) return body;
        trouble = new Error(`${what}: ${status} ${body?.detail || ''}`);
        if (status === 409) throw new LeaseLost(trouble.message);
        if (status < 500) throw new Refused(trouble.message); // asked again it would say the same
      } catch (error) {
        if (error instanceof LeaseLost || error instanceof Refused) throw error;
        trouble = error;
      }
      if (Date.now() > giveUp) throw trouble;
      log('WARNING', `${trouble.message}; once more`);
      await pause(Math.min(PAUSE_MS * attempt, LONGEST_PAUSE_MS));
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
    const asked = Date.now();
    const wish = { worker_id: this.worker, lease_seconds: this.leaseSeconds };
    const { status, body } = await this.#call('POST', this.#path(id, '/claim'), wish);
    if (status === 409) return null;
    if (status !== 200) throw new Error(`the claim was answered with ${status}`);
    this.#token = body.claim_token;
    // What was granted counts, not what was asked for
    this.leaseSeconds = (utc(body.lease_expires_at) - utc(body.claimed_at)) / 1000;
    this.#leaseEnds = asked + this.leaseSeconds * 1000;
    return body;
  }

  async heartbeat(id) {
    const renew = async () => {
      const asked = Date.now();
      const answer = await this.#call('POST', this.#path(id, '/heartbeat'));
      if (answer.status < 300) this.#leaseEnds = Math.max(this.#leaseEnds, asked + this.leaseSeconds * 1000);
      return answer;
    };
    await this.#insist(renew, `POST ${this.#path(id, '/heartbeat')}`);
  }

  /** Nothing new is said under a lease that was not renewed in time. */
  #requireLease() {
    if (Date.now() >= this.#leaseEnds) throw new LeaseLost('the lease was not renewed in time');
  }

  /** The run's end. Said twice, because an answer was lost on the way, it is answered alike. */
  async finish(id, end) {
    this.#requireLease();
    return this.#report('PATCH', this.#path(id, '/status'), end);
  }

  async recordRollback(id, details) {
    this.#requireLease();
    const record = { execution_run_id: id, rollback_type: 'auto', ...details };
    return this.#evenIfRefused(this.#report('POST', '/api/rollbacks', record));
  }

  /** An audit entry about a rollback; the rollback does not depend on it. */
  noteRollback(id, action, details) {
    return this.#evenIfRefused(this.note(id, action, details));
  }

  async #evenIfRefused(call) {
    try {
      await call;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      log('ERROR', `not on record: ${error.message}`);
    }
  }

  /** A line in the audit log; a successor is handed all of its run as `notes`. */
  async note(id, action, details) {
    this.#requireLease();
    const timestamp = new Date().toISOString();
    return this.#report('POST', '/api/audit', { execution_run_id: id, action, details, timestamp });
  }

  killSwitch(connectionId) {
    const path = `/api/kill-switch?connection_id=${encodeURIComponent(connectionId)}`;
    return this.#call('GET', path, undefined, this.killSwitchSeconds);
  }
}

module.exports = { Saas, LeaseLost };
