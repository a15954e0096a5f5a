"""The whole log, from the material of one run or several."""

from collections.abc import Callable, Iterable
from typing import Any

from support.form import TEST_CASES, form
from support.result_words import FAIL, NOT_RUN, PASS
from support.resultlog import summary
from support.resultlog.boxes import Choice, done, done_or_not_applicable
from support.resultlog.cases import case_log
from support.resultlog.merging import Material, verdict_of
from support.resultlog.model import ChecklistRow, EvidenceRow, Log
from support.resultlog.moments import Clock
from support.resultlog.reading import shaped

NOT_REPORTED = "not reported"


def build(material: Material) -> tuple[Log, dict[str, Any]]:
    """The log, and the verdict it agrees with.

    :raises BadEvidence: a record has not the shape of one.
    """
    with shaped(material.title):
        content = verdict_of(material)
        return _log(material, content), content


def _log(material: Material, content: dict[str, Any]) -> Log:
    clock = Clock(material.time_zone)
    cases = [case_log(case_id, judged, material, clock) for case_id, judged in content["test_cases"].items()]
    results = summary.counts(content)
    blocks = summary.failures(cases)
    decision, reasons = content["decision"], content["reasons"]
    return Log(
        title=material.title,
        decision=decision,
        decision_choice=summary.decision_boxes(decision),
        reasons=reasons,
        troubles=material.troubles,
        information=_information(material, clock),
        environment=_environment(material),
        pre_checks=_checklist(form().pre_checks.values(), material.pre_checks, done_or_not_applicable),
        pre_notes=_pre_notes(material),
        cases=cases,
        beyond=[
            (record["id"], record["name"], record["location"], record["result"])
            for record in material.records
            if record["id"] not in TEST_CASES
        ],
        overall=summary.overall(cases),
        completed=summary.completed(material, material.troubles),
        passed=sum(1 for result in results.values() if result == PASS),
        failed=sum(1 for result in results.values() if result == FAIL),
        skipped=sum(1 for result in results.values() if result == NOT_RUN),
        critical=summary.critical(results),
        blockers=summary.blockers(results),
        failures=blocks,
        issues=summary.issues(cases, material.troubles),
        observations=summary.observations(material),
        recommendations=summary.recommendations(cases, material.environment, blocks),
        clean_up=_checklist(form().clean_up.values(), material.clean_up, done),
        clean_up_script=material.clean_up_script.strip(),
        tester=material.tester or None,
        reviewer=material.reviewer or None,
        conditions=f"The evidence says {decision} (3.3)",
        log_folders=[f"runs/{run_id}/" for run_id in material.run_ids],
        common_logs=["logs/saas-api.log", "logs/warden.log"],
        schema=material.environment.get("Test Database", "executor_test").split(" | ")[0],
        evidence=_evidence(material),
    )


def _information(material: Material, clock: Clock) -> list[tuple[str, str | None]]:
    end = clock.minute(material.ended) if material.ended else "not recorded: the run was cut off"
    return [
        ("Test Run ID", material.title),
        ("วันที่ทดสอบ", clock.date(material.started)),
        ("เวลาเริ่ม", clock.minute(material.started)),
        ("เวลาสิ้นสุด", end),
        ("ผู้ทดสอบ", material.tester or None),
        ("Reviewer", material.reviewer or None),
    ]


def _environment(material: Material) -> list[tuple[str, str]]:
    """1.2: the form's rows, then what else the parts reported."""
    known = {"Node.js": "N/A (no part reported one)", **material.environment}
    names = dict.fromkeys([*form().environment, *material.environment])
    return [(name, known.get(name) or NOT_REPORTED) for name in names]


def _checklist(
    items: Iterable[str], checks: list[dict[str, Any]], boxes: Callable[[dict[str, Any] | None], Choice]
) -> list[ChecklistRow]:
    """The form's items with what was done."""
    known = {check["item"]: check for check in checks}
    return [ChecklistRow(number, item, boxes(known.get(item))) for number, item in enumerate(items, 1)]


def _pre_notes(material: Material) -> list[str]:
    notes = [f"setting {name} = {value}" for name, value in material.settings] or ["All settings are at their default."]
    notes.append(f"Times are {material.time_zone}; those inside database rows and quoted words are UTC, as stored.")
    if material.merged:
        notes.insert(0, f"Merged from {len(material.run_ids)} runs: {', '.join(material.run_ids)}")
    return notes


def _evidence(material: Material) -> list[EvidenceRow]:
    names = {f"{record['run_id']}/{record['path']}": record["name"].strip() for record in material.records}
    for path in material.hashes:
        names.setdefault(path, "the run as a whole" if path.endswith("run.json") else "another copy of a scenario")
    return [EvidenceRow(f"runs/{path}", names[path], sha) for path, sha in sorted(material.hashes.items())]
