"""Runs to make result logs from, written by the same code that writes those of real runs."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from support.form import TEST_CASES, form
from support.judgement.rules import RULES
from support.judgement.rules.registry import KEPT
from support.record import evidence
from support.record.evidence import Check, Evidence, Fact, Judged, Observation, Query, RunRecord, Secrets
from support.record.reading import read
from support.result_words import FAIL, NOT_RUN, PASS
from support.resultlog.merging import merge
from support.resultlog.rendering import as_markdown, as_page
from support.resultlog.sections import build

RUN = "20260201-171500-abc123"
STARTED = datetime(2026, 2, 1, 17, 30, 15, 250000, tzinfo=UTC)
"""In Bangkok it is 00:30 of the next day."""

LOCATIONS = {
    case_id: [f"features/made.feature:{10 * number}", f"features/made.feature:{10 * number + 5}"]
    for number, case_id in enumerate(TEST_CASES, 10)
}
"""Two scenarios for each test case."""


def observations(case_id: str, failing: bool) -> list[Observation]:
    rows = [Observation(field, expected, expected, PASS, "seen") for field, expected in TEST_CASES[case_id].fields]
    if failing:
        rows[-1] = Observation(rows[-1].field, rows[-1].expected, "something else", FAIL, "the server says so")
    return rows


def make_record(case_id: str, location: str, run_folder: Path, number: int, failing: bool, **values: Any) -> Evidence:
    """The record of a scenario that ran, ``number`` seconds after the start."""
    began, case = STARTED + timedelta(seconds=number), TEST_CASES[case_id]
    name = f"{case_id} {case.name}" if location == LOCATIONS[case_id][0] else f"{case_id} {case.name}: another one"
    run_id = f"test-{case_id.lower().replace('-', '')}-001"
    record = Evidence(
        id=case_id, name=name, feature="Made", location=location, tags=[case_id], description=case.description,
        started=began, ended=began + timedelta(seconds=1), result=FAIL if failing else PASS,
        failure="1 row differs" if failing else None, blames="the executor" if failing else None,
        actual_status=case.expected_status, observations=observations(case_id, failing),
        rules=[Judged(name, KEPT, 1) for name in RULES],
    )  # fmt: skip
    for label in case.details:
        record.facts.append(Fact(label, "a value", began))
    for title, text in case.verification_queries(run_id, "test_orders", case.index):
        record.queries.append(Query(title, text, [{"id": run_id, "message": None}], began))
    record.logs = [str(run_folder / "logs" / f"made-{location.rpartition(':')[2]}" / "worker-1.log")]
    for name, value in values.items():
        setattr(record, name, value)
    return record


def make_run(
    reports: Path,
    run_id: str = RUN,
    only: Iterable[str] | None = None,
    failing: Iterable[str] = (),
    secrets: Secrets | None = None,
    records: dict[str, dict[str, Any]] | None = None,
    **values: Any,
) -> Path:
    """The folder of a run below ``reports``.

    :param only: the locations that were selected and ran; all by default.
    :param failing: those that failed.
    :param records: what differs in single records, by location.
    :param values: what differs in the record of the run.
    """
    folder, masks = reports / "runs" / run_id, secrets or Secrets([])
    everything = [location for locations in LOCATIONS.values() for location in locations]
    selected = everything if only is None else sorted(only)
    run = RunRecord(
        run_id=run_id, started=STARTED, time_zone="Asia/Bangkok", tester="", reviewer="", settings=[],
        expected={case_id: list(locations) for case_id, locations in LOCATIONS.items()}, selected=selected,
        environment={"MySQL Server": "MySQL 8.0.35", "Test Database": "executor_test"},
        pre_checks=[Check(item, True, "seen") for item in form().pre_checks.values()],
        clean_up=[Check(item, True, "seen") for item in form().clean_up.values()],
        clean_up_script="DELETE FROM rollbacks;", ended=STARTED + timedelta(minutes=2),
    )  # fmt: skip
    for name, value in values.items():
        setattr(run, name, value)
    run.write(folder, masks)
    for number, location in enumerate(selected):
        case_id = next(name for name, locations in LOCATIONS.items() if location in locations)
        different = (records or {}).get(location, {})
        record = make_record(case_id, location, folder, number, location in set(failing), **different)
        evidence.write(record, folder / "evidence", masks)
    return folder


def made_log(*folders: Path) -> tuple[str, str]:
    """(Markdown, page) of the folders."""
    log, _ = build(merge([read(folder) for folder in folders]))
    return as_markdown(log), as_page(log)


def change(folder: Path, location: str, edit) -> Path:
    """Change a record by hand, and return its file."""
    for file in (folder / "evidence").glob("*.json"):
        record = json.loads(file.read_text(encoding="utf-8"))
        if record["location"] == location:
            edit(record)
            file.write_text(json.dumps(record, ensure_ascii=False, indent=1), encoding="utf-8")
            return file
    raise AssertionError(f"there is no record of {location}")


def test_a_made_run_is_read_as_a_real_one(tmp_path):
    folder = read(make_run(tmp_path, records={LOCATIONS["TC-01"][0]: {"result": NOT_RUN}}))

    assert len(folder.records) == 2 * len(TEST_CASES)
    assert {record.result for record in folder.records} == {PASS, NOT_RUN}
