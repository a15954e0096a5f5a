"""The decision: may this Executor v1 go on a canary run? Total, pessimistic, and a pure function of the evidence."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from support.contract import VERSION
from support.form import BEYOND, PRIORITIES, TEST_CASES, beyond_the_form, form, of_the_form
from support.judgement.cause import by_cause
from support.judgement.rules import RULES
from support.judgement.rules.api import OF_THE_API_ALONE
from support.judgement.rules.registry import BROKEN, KEPT, RECORD
from support.record.reading import Record
from support.result_words import APPROVED, BLOCKED, CONDITIONAL, FAIL, NOT_APPLICABLE, NOT_RUN, PASS, UNJUDGED, WHOLE


@dataclass(frozen=True)
class Result:
    """The result of one test case, as ``verdict.json`` has it.

    ``scenarios_run`` of ``scenarios`` ran, which are without the ``scenarios_not_applicable`` that cannot hold on this
    server. ``unmet`` are N/A or NOT RUN and the need, of each scenario left out; ``evidence`` are the records' names.
    """

    name: str
    priority: str
    result: str
    expected_status: str
    actual_status: str
    duration_s: float
    scenarios: int
    scenarios_run: int
    scenarios_not_applicable: int
    unmet: list[str]
    evidence: list[str]
    blames: list[str]


def result_of(case_id: str, records: Sequence[Record], expected: set[str]) -> Result:
    """The result of a test case from its records.

    PASS only if every scenario that can hold on this server ran and passed; FAIL as soon as one failed; else NOT RUN.

    :param expected: the locations of all scenarios of this test case.
    """
    mine = [record for record in records if record.id == case_id]
    ran = [record for record in mine if record.result not in UNJUDGED]
    not_applicable = _locations(mine, NOT_APPLICABLE) - {one.location for one in mine if one.result != NOT_APPLICABLE}
    expected = expected - not_applicable
    if any(record.result != PASS for record in ran):
        result = FAIL
    else:
        result = PASS if expected and expected <= _locations(ran, PASS) else NOT_RUN
    case = TEST_CASES[case_id]
    return Result(
        name=case.name,
        priority=case.priority,
        result=result,
        expected_status=case.expected_status,
        actual_status=_status(ran, case.expected_status),
        duration_s=round(sum(record.duration_s for record in ran), 3),
        scenarios=len(expected),
        scenarios_run=len(ran),
        scenarios_not_applicable=len(not_applicable),
        unmet=[f"{record.result}: {record.unmet}" for record in mine if record.unmet],
        evidence=[record.file for record in mine],
        blames=sorted({record.blames for record in mine if record.blames}),
    )


def _locations(records: Sequence[Record], result: str) -> set[str]:
    return {record.location for record in records if record.result == result}


def _status(ran: Sequence[Record], wanted: str) -> str:
    """The status that the runs ended in: of those that failed the first's, else the expected one where a scenario has it."""
    if failed := [record for record in ran if record.result != PASS and record.actual_status]:
        return str(failed[0].actual_status)
    statuses = [record.actual_status for record in ran if record.actual_status]
    return wanted if wanted in statuses else next(iter(statuses), NOT_RUN)


def decide(results: Mapping[str, str]) -> tuple[str, list[str]]:
    """The decision and its reasons.

    :param results: PASS, FAIL or NOT RUN by test case id; one that is missing did not run, and any other word is no pass.
    """
    passed = {case_id for case_id, result in results.items() if result == PASS}
    cases = TEST_CASES.values()
    own = [priority for priority in PRIORITIES if priority != BEYOND]
    by_priority = {priority: {case.id for case in cases if case.priority == priority} for priority in own}
    counts = ", ".join(f"{name} {len(passed & ids)} of {len(ids)}" for name, ids in by_priority.items())
    if beyond := {case.id for case in beyond_the_form()}:
        counts += f"; beyond the form: {len(passed & beyond)} of {len(beyond)}"
    told = [(case, results.get(case.id, NOT_RUN)) for case in cases if case.id not in passed]
    reasons = [f"passed: {counts}"]
    reasons += [f"{case.priority} {case.id} {case.name}: {result}" for case, result in told if result != NOT_RUN]
    if unrun := sorted(f"{case.priority} {case.id}" for case, result in told if result == NOT_RUN):
        reasons.append(f"did not run, or only in part: {', '.join(unrun)}")
    if not by_priority["P0"] <= passed:
        return BLOCKED, reasons
    p1 = by_priority["P1"]
    all_ran = all(results.get(case_id) in (PASS, FAIL) for case_id in p1)
    red = any(results.get(case.id, NOT_RUN) not in (PASS, NOT_RUN) for case in beyond_the_form())
    if all_ran and len(passed & p1) >= form().canary.p1_needed * len(p1) and not red:
        return APPROVED, reasons
    return CONDITIONAL, reasons


def _left_out(records: Sequence[Record], case_id: str) -> list[str]:
    """A line for each need for which scenarios of a test case were left out, with their number."""
    unmet = Counter((record.result, record.unmet) for record in records if record.id == case_id and record.unmet)
    return [
        f"{case_id}: {count} scenario{'' if count == 1 else 's'}"
        f" {'cannot hold on this server' if word == NOT_APPLICABLE else 'did not run'}: {why}"
        for (word, why), count in unmet.items()
    ]


def rule_states(records: Sequence[Record]) -> dict[str, Counter[str]]:
    """In how many scenarios each rule of the contract was kept, broken, unknown and not tried."""
    states: dict[str, Counter[str]] = {name: Counter() for name in sorted(RULES)}
    for record in records:
        for one in record.rules:
            states.setdefault(one.rule, Counter())[one.state] += 1
    return states


def _records_broken(rules: Mapping[str, Counter[str]]) -> list[str]:
    """A line for each rule about mere records that was broken: not red, and not approved."""
    return [
        f"rule {name} was not kept (scenarios: {states[BROKEN]}): {RULES[name].english}"
        for name, states in rules.items()
        if states[BROKEN] and name in RULES and RULES[name].severity == RECORD
    ]


def _gaps(rules: Mapping[str, Counter[str]], whole: bool, beyond: bool) -> list[str]:
    """A line for the rules of which a whole run can't say that they are kept, because their situation never came.

    :param beyond: so are the situations that only test cases beyond the form make.
    """
    untried = [
        name
        for name, states in rules.items()
        if not states[KEPT] and not states[BROKEN] and (beyond or name not in OF_THE_API_ALONE)
    ]
    return [f"the contract's rules {', '.join(untried)} were never tried"] if whole and untried else []


def _causes(records: Sequence[Record]) -> list[dict[str, Any]]:
    """The causes of all red scenarios, the most frequent first, each with a scenario that shows it."""
    red = [record for record in records if record.cause]
    return [
        {
            "scenarios": count,
            **asdict(cause),
            "at": cause.at and cause.at.isoformat(),
            "location": next(one.location for one in red if one.cause == cause),
        }
        for count, cause in by_cause([one.cause for one in red if one.cause])
    ]


def verdict(
    run_id: str,
    records: Sequence[Record],
    expected: Mapping[str, set[str]],
    environment: Mapping[str, str],
    troubles: list[str],
    scope: str = WHOLE,
    covers: str = "",
) -> dict[str, Any]:
    """The content of ``verdict.json``.

    :param expected: the locations of all scenarios there are, by test case id.
    :param troubles: what went wrong with the run as a whole; any of it forbids APPROVED and CONDITIONAL.
    :param scope: WHOLE, PARTIAL or REFUSED; only a whole run is ever APPROVED.
    :param covers: how many of all scenarios were judged, in words.
    """
    results = {case_id: result_of(case_id, records, expected.get(case_id, set())) for case_id in TEST_CASES}
    decision, reasons = decide({case_id: result.result for case_id, result in results.items()})
    rules, whole = rule_states(records), all(results[case.id].result in (PASS, FAIL) for case in of_the_form())
    beyond = all(case.result in (PASS, FAIL) and not case.unmet for case in results.values() if case.priority == BEYOND)
    if doubts := [*_records_broken(rules), *_gaps(rules, whole, beyond)]:
        decision, reasons = CONDITIONAL if decision == APPROVED else decision, [*reasons, *doubts]
    if scope != WHOLE:
        decision, reasons = CONDITIONAL if decision == APPROVED else decision, [*reasons, f"{scope}: {covers}"]
    reasons += [line for case_id in results for line in _left_out(records, case_id)]
    if troubles:
        decision, reasons = BLOCKED, [*reasons, *troubles]
    return {
        "run_id": run_id,
        "scope": scope,
        "covers": covers,
        "decision": decision,
        "reasons": reasons,
        "troubles": troubles,
        "environment": dict(environment),
        "contract": {"version": VERSION, "rules": {name: dict(states) for name, states in rules.items()}},
        "causes": _causes(records),
        "test_cases": {case_id: asdict(result) for case_id, result in results.items()},
    }
