'use strict';
// A broken executor, to show that the suite finds it: a kill switch that cannot be asked counts as off.

const killSwitch = require('./lib/kill-switch');

killSwitch.reasonToStop = async (saas, connectionId) => {
  const answer = await saas.killSwitch(connectionId).catch(() => null);
  const on = answer?.body?.global_active === true || answer?.body?.connection_active === true;
  return on ? 'the kill switch is active' : null;
};

require('./agent').start();
