'use strict';
// Fail-closed: whatever is not a well-formed "inactive" is a reason to stop.

const FIELDS = ['global_active', 'connection_active'];

/** The names in a JSON object, those that are there twice as well, of which JSON.parse shows the last only. */
function topNames(text) {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g) || [];
  const names = [];
  let depth = 0;
  tokens.forEach((token, position) => {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (depth === 1 && tokens[position + 1] === ':') names.push(JSON.parse(token));
  });
  return names;
}

/** Why the run has to stop, or null if both switches are known to be off. */
async function reasonToStop(saas, connectionId) {
  let answer;
  try {
    answer = await saas.killSwitch(connectionId);
  } catch (error) {
    return `the kill switch could not be asked, so it counts as active: ${error.message}`;
  }
  const { status, type, text, body } = answer;
  const wellFormed =
    status === 200 &&
    type.split(';')[0].trim().toLowerCase() === 'application/json' &&
    body !== null &&
    typeof body === 'object' &&
    typeof body.global_active === 'boolean' &&
    typeof body.connection_active === 'boolean' &&
    FIELDS.every((field) => topNames(text).filter((name) => name === field).length === 1) &&
    (body.reason === null || typeof body.reason === 'string');
  if (!wellFormed) return `the kill switch gave no usable answer (${status}), so it counts as active`;
  if (body.global_active) return `the global kill switch is active: ${body.reason}`;
  if (body.connection_active) return `the kill switch of ${connectionId} is active: ${body.reason}`;
  return null;
}

module.exports = { reasonToStop };
