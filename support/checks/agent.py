"""The agent and the test cases: does a worker start, call the API and end; which scenarios could not run, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from support.checks import api, probes
from support.checks.findings import Findings, Missing
from support.checks.needs import Offer
from support.contract import EXIT_DONE, FAILED, KILL_SWITCH_REASON
from support.form import TEST_CASES
from support.settings import Settings
from support.stacks.stack import Stack
from support.stacks.worker import Worker

SPEC = replace(api.SPEC, id="test-tc00-003")


def look_at_agent(findings: Findings, stack: Stack, settings: Settings, log: Path) -> None:
    """Have a worker refuse a run because the kill switch is on: it starts, talks and ends, and changes nothing."""
    findings.group(f"Agent: {settings.agent_command}")
    worker = stack.worker(1, SPEC.id, log)
    try:
        ready = findings.look("program", partial(probes.worker, worker))
        findings.look("a run with the kill switch on", partial(_refuses_a_run, stack, settings, worker), ready)
    finally:
        worker.end()


def look_at_test_cases(findings: Findings, stack: Stack, scenarios: Mapping[str, Mapping[str, Iterable[str]]]) -> None:
    """What each test case needs besides, and whether it is met.

    :param scenarios: the tags of each scenario, by the id of its test case and its name.
    """
    findings.group("Test cases")
    offer = Offer(stack)
    for case in TEST_CASES.values():
        findings.look(f"{case.id} {case.name}", partial(_can_run, offer, scenarios.get(case.id, {})))


def _can_run(offer: Offer, scenarios: Mapping[str, Iterable[str]]) -> str:
    unmet = {name: offer.unmet(tags) for name, tags in scenarios.items()}
    if lacking := [f"{name}: {why.result}, {why.reason}" for name, why in unmet.items() if why]:
        raise Missing("\n".join(lacking))
    return f"all {len(scenarios)} of its scenarios can run" if len(scenarios) > 1 else "its scenario can run"


def _refuses_a_run(stack: Stack, settings: Settings, worker: Worker) -> str:
    stack.api.create_run(SPEC)
    stack.api.set_kill_switch(True, SPEC.connection_id, "preflight")
    try:
        worker.start()
        status = worker.wait(settings.patience)
    finally:
        stack.api.set_kill_switch(False, SPEC.connection_id)
    calls = ", ".join(f"{call.kind} {call.answer}" for call in worker.gateway.calls) or "none"
    row = stack.database.first("SELECT status, fail_reason FROM execution_runs WHERE id = %s", (SPEC.id,)) or {}
    lacking = []
    if not worker.gateway.calls_of("claim"):
        lacking.append(f"it made no claim at SAAS_API_URL, its address of the API; its calls: {calls}")
    if not worker.gateway.calls_of("kill switch"):
        lacking.append(f"it did not ask for the kill switch; its calls: {calls}")
    if (status, row.get("status"), row.get("fail_reason")) != (EXIT_DONE, FAILED, KILL_SWITCH_REASON):
        lacking.append(
            f"it should end with 0 and leave the run failed, kill_switch; it ended with {status} and left it"
            f" {row.get('status')}, {row.get('fail_reason')}; its last words: {worker.last_words()}"
        )
    if lacking:
        raise Missing("\n".join(lacking))
    return f"it ended with 0 and left the run failed, kill_switch; its calls: {calls}"
