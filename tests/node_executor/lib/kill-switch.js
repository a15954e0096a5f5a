'use strict';
// Fail-closed: whatever is not a well-formed "inactive" is a reason to stop.

/** Why the run has to stop, or null if both switches are known to be off. */
async function reasonToStop(saas, connectionId) {
  let answer;
  try {
    answer = await saas.killSwitch(connectionId);
  } catch (error) {
    return `the kill switch could not be asked, so it counts as active: ${error.message}`;
  }
  const { status, body } = answer;
  const wellFormed =
    status === 200 &&
    body !== null &&
    typeof body === 'object' &&
    typeof body.global_active === 'boolean' &&
    typeof body.connection_active === 'boolean' &&
    (body.reason === null || typeof body.reason === 'string');
  if (!wellFormed) return `the kill switch gave no usable answer (${status}), so it counts as active`;
  if (body.global_active) return `the global kill switch is active: ${body.reason}`;
  if (body.connection_active) return `the kill switch of ${connectionId} is active: ${body.reason}`;
  return null;
}

module.exports = { reasonToStop };
