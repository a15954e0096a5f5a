"""The agent and the test cases: does a worker start, call the API and end; which scenarios could not run, and why."""

from pathlib import Path

from support.catalogue import TEST_CASES
from support.checks.findings import Findings, Missing
from support.checks.needs import Offer
from support.run.selection import all_features, id_of, scenarios_of
from support.settings import Settings
from support.stacks.saas_api import RunSpec
from support.stacks.stack import Stack
from support.stacks.worker import Worker

SPEC = RunSpec("test-tc00-003", "conn-001", "idx_tc00_preflight", "test_orders", ["total_amount"])


def look_at_agent(findings: Findings, stack: Stack, settings: Settings, log: Path) -> bool:
    """Have a worker refuse a run because the kill switch is on: it starts, talks and ends, and changes nothing."""
    findings.group(f"Agent: {settings.agent_command}")
    worker = stack.worker(1, SPEC.id, log)
    try:
        starts = findings.look("program", lambda: _program(worker))
        return findings.look("a run with the kill switch on", lambda: _refuses_a_run(stack, settings, worker), starts)
    finally:
        worker.end()


def look_at_test_cases(findings: Findings, stack: Stack) -> None:
    """What each test case needs besides, and whether it is met."""
    findings.group("Test cases")
    offer, scenarios = Offer(stack), scenarios_of(all_features())

    def ready(case_id: str) -> str:
        mine = [scenario for scenario in scenarios if id_of(scenario) == case_id]
        unmet = {scenario.name: offer.unmet(scenario.effective_tags) for scenario in mine}
        if lacking := [f"{name}: {why.result}, {why.reason}" for name, why in unmet.items() if why]:
            raise Missing("\n".join(lacking))
        return f"all {len(mine)} of its scenarios can run" if len(mine) > 1 else "its scenario can run"

    for case in TEST_CASES.values():
        findings.look(f"{case.id} {case.name}", lambda case=case: ready(case.id))


def _program(worker: Worker) -> str:
    worker.check_command()
    return "can be started"


def _refuses_a_run(stack: Stack, settings: Settings, worker: Worker) -> str:
    stack.api.create_run(SPEC)
    stack.api.set_kill_switch(True, SPEC.connection_id, "preflight")
    try:
        worker.start()
        status = worker.wait(settings.patience)
    finally:
        stack.api.set_kill_switch(False, SPEC.connection_id)
    calls = ", ".join(f"{call.kind} {call.answer}" for call in worker.gateway.calls) or "none"
    row = stack.database.one("SELECT status, fail_reason FROM execution_runs WHERE id = %s", (SPEC.id,)) or {}
    lacking = []
    if not worker.gateway.calls_of("claim"):
        lacking.append(f"it made no claim at SAAS_API_URL, its address of the API; its calls: {calls}")
    if not worker.gateway.calls_of("kill switch"):
        lacking.append(f"it did not ask for the kill switch; its calls: {calls}")
    if (status, row.get("status"), row.get("fail_reason")) != (0, "failed", "kill_switch"):
        lacking.append(
            f"it should end with 0 and leave the run failed, kill_switch; it ended with {status} and left it"
            f" {row.get('status')}, {row.get('fail_reason')}; its last words: {worker.last_words()}"
        )
    if lacking:
        raise Missing("\n".join(lacking))
    return f"it ended with 0 and left the run failed, kill_switch; its calls: {calls}"
