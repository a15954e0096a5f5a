"""The command that a pipeline gates on: exit status, bad input, several folders, changed evidence, publishing, pruning."""

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from support.commands.command_line import status_of
from support.commands.signoff import signoff
from support.errors import INTERRUPTED
from support.record.envelope import BadEvidence
from support.record.evidence import SUITE
from support.record.reading import read
from support.result_words import NOT_RUN
from support.resultlog import publishing, standing
from support.resultlog.merging import merge, verdict_of
from tests.resultlog.test_resultlog_data import LOCATIONS, RUN, change, make_run

OTHER = "20260201-180000-def456"
EVERYTHING = {location for locations in LOCATIONS.values() for location in locations}
FILES = 1 + sum(map(len, LOCATIONS.values()))
"""Of a made run: its record, and one for each scenario."""

PRODUCTS = ("verdict.json", "result-log.md", "result-log.html")


@pytest.fixture
def reports(tmp_path, monkeypatch):
    monkeypatch.setenv("ACCEPTANCE_REPORTS", str(tmp_path))
    return tmp_path


def run(capsys, *arguments):
    status = status_of(signoff, [str(argument) for argument in arguments], "acceptance signoff")
    return status, capsys.readouterr().out


@pytest.mark.parametrize(
    ("failing", "status", "decision"),
    [
        ((), 0, "APPROVED"),
        (("TC-07",), 0, "APPROVED"),
        (("TC-01",), 3, "CONDITIONAL"),
        (("TC-09",), 4, "BLOCKED"),
    ],
)
def test_the_exit_status_is_the_decision(reports, capsys, failing, status, decision):
    folder = make_run(reports, failing={LOCATIONS[case_id][1] for case_id in failing})

    assert run(capsys, folder) == (status, _Containing(f"Decision: {decision}", *failing))
    assert json.loads((folder / "verdict.json").read_text())["decision"] == decision


class _Containing(str):
    """Equal to every text that contains all of these."""

    def __new__(cls, *parts):
        self = super().__new__(cls, " ".join(parts))
        self.parts = parts
        return self

    def __eq__(self, other):
        return all(part in other for part in self.parts)

    __hash__ = str.__hash__


def from_the_top(file: Path) -> str:
    """A file of a run's folder as it is in ``reports``: its links lead to the same files."""
    return re.sub(r'href="\./(logs|evidence)/', rf'href="./runs/{file.parent.name}/\1/', file.read_text())


def test_the_default_is_the_latest_run(reports, capsys):
    folder = make_run(reports)
    (reports / "latest").symlink_to(folder)

    assert run(capsys)[0] == 0
    for name in PRODUCTS:
        assert (reports / name).read_text() == from_the_top(folder / name)
    assert (reports / "latest").resolve() == folder


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (lambda folder: folder.rename(folder.with_name("away")), "there is no such folder"),
        (lambda folder: (folder / "run.json").unlink(), "it has no run.json"),
        (lambda folder: (folder / "run.json").write_text("{"), "is torn or no JSON"),
        (lambda folder: (folder / "run.json").write_text("[]"), "it has no run_id"),
        (lambda folder: [file.unlink() for file in (folder / "evidence").iterdir()], "has left no evidence"),
        (lambda folder: next((folder / "evidence").iterdir()).write_bytes(b'{"id": "TC-'), "is torn or no JSON"),
        (lambda folder: next((folder / "evidence").iterdir()).write_bytes(b"\xff\xfe"), "is torn or no JSON"),
        (lambda folder: next((folder / "evidence").iterdir()).write_text("{}"), "is not such a record"),
    ],
)
def test_bad_input_is_one_clear_line(reports, capsys, spoil, line):
    folder = make_run(reports)
    spoil(folder)

    status, said = run(capsys, folder)

    assert status == 2
    assert line in said
    assert len(said.splitlines()) == 1
    assert not (folder / "verdict.json").exists()


def test_a_setting_that_is_wrong_is_one_clear_line(reports, capsys, monkeypatch):
    monkeypatch.setenv("ACCEPTANCE_TIME_ZONE", "Mars/Olympus")

    status, said = run(capsys)

    assert status == 2
    assert len(said.splitlines()) == 1


# -- several folders ------------------------------------------------------------------------------------------------


def merged(reports: Path) -> Path:
    """Where the log of both runs is."""
    return reports / "merged" / f"{RUN}+{OTHER}"


def shards(reports: Path, **second) -> tuple[Path, Path]:
    half = {locations[0] for locations in LOCATIONS.values()}
    return (
        make_run(reports / "a", only=half),
        make_run(reports / "b", run_id=OTHER, only=EVERYTHING - half, **second),
    )


def test_two_shards_are_one_log(reports, capsys):
    first, second = shards(reports)

    assert run(capsys, first)[0] == 4, "one shard alone is not enough"
    status, said = run(capsys, second, first)

    assert status == 0
    assert "2/2" in said
    text = (merged(reports) / "result-log.md").read_text()
    assert f"| **Test Run ID** | {RUN} + {OTHER} |" in text
    assert f"| `runs/{RUN}/run.json` |" in text
    assert f"| `runs/{OTHER}/run.json` |" in text
    assert f"{OTHER}/logs/made-" in text


def test_the_order_of_the_folders_does_not_matter(reports, capsys):
    folders = shards(reports)
    run(capsys, *folders, "--into", reports / "x")
    run(capsys, *reversed(folders), "--into", reports / "y")

    for name in PRODUCTS:
        assert (reports / "x" / name).read_bytes() == (reports / "y" / name).read_bytes()


@pytest.mark.parametrize("failing_copy", [0, 1])
def test_a_scenario_counts_as_passed_only_if_every_copy_passed(reports, capsys, failing_copy):
    bad = LOCATIONS["TC-02"][0]
    folders = [
        make_run(reports / name, run_id=run_id, failing={bad} if number == failing_copy else ())
        for number, (name, run_id) in enumerate([("a", RUN), ("b", OTHER)])
    ]

    status, said = run(capsys, *folders)

    assert status == 4
    assert "P0 TC-02 Kill Switch Before Start: FAIL" in said
    text = (merged(reports) / "result-log.md").read_text()
    results = [f"{RUN} PASS", f"{OTHER} PASS"]
    results[failing_copy] = results[failing_copy].replace("PASS", "FAIL")
    assert f"{bad} was judged in several runs: {', '.join(results)}" in text
    assert json.loads((merged(reports) / "verdict.json").read_text())["test_cases"]["TC-02"]["scenarios_run"] == 2


def test_expected_is_the_union(reports, capsys):
    first = make_run(reports / "a")
    more = {case_id: list(locations) for case_id, locations in LOCATIONS.items()}
    more["TC-09"].append("features/made.feature:999")
    second = make_run(reports / "b", run_id=OTHER, expected=more)

    status, said = run(capsys, first, second)

    assert status == 4
    assert "P0 TC-09" in said


def test_troubles_of_any_run_block(reports, capsys):
    first, second = shards(reports, troubles=["interrupted before the end"])

    status, said = run(capsys, first, second)

    assert status == 4
    assert f"{OTHER}: interrupted before the end" in said


def test_folders_of_different_suites_block(reports, capsys):
    location = LOCATIONS["TC-04"][0]
    first = make_run(reports / "a")
    second = make_run(reports / "b", run_id=OTHER, records={location: {"name": "TC-04 Another"}})

    status, said = run(capsys, first, second)

    assert status == 4
    assert f"{location} is not the same scenario in all runs" in said


def test_a_folder_that_is_given_twice_is_bad_input(reports, capsys):
    folder = make_run(reports)

    assert run(capsys, folder, folder) == (2, f"the evidence: run {RUN} is given more than once\n")


# -- changed evidence -----------------------------------------------------------------------------------------------


def test_nothing_was_changed(reports, capsys):
    folder = make_run(reports)
    run(capsys, folder)

    status, said = run(capsys, folder, "--verify")

    assert status == 0
    assert said.startswith(f"{FILES} files are what ")


def test_a_changed_value_is_noticed(reports, capsys):
    folder = make_run(reports)
    run(capsys, folder)
    file = change(folder, LOCATIONS["TC-08"][0], lambda record: record["observations"][2].update(actual="Yes"))

    status, said = run(capsys, folder, "--verify")
    assert status == 1
    assert said.splitlines()[0] == f"{RUN}/evidence/{file.name}: was changed after the result log was made"

    log = (folder / "result-log.md").read_bytes()
    status, said = run(capsys, folder)
    assert status == 2, "a new log would hide the change"
    assert file.name in said
    assert (folder / "result-log.md").read_bytes() == log


def test_a_changed_record_of_the_run_is_noticed(reports, capsys):
    folder = make_run(reports)
    run(capsys, folder)
    record = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**record, "tester": "Somebody Else"}))

    assert run(capsys, folder, "--verify") == (1, _Containing(f"{RUN}/run.json: was changed"))


def test_a_record_that_is_gone_and_one_that_is_new_are_noticed(reports, capsys):
    folder = make_run(reports)
    run(capsys, folder)
    file = next((folder / "evidence").iterdir())
    file.rename(file.with_name("TC-99-new.json"))

    status, said = run(capsys, folder, "--verify")

    assert status == 1
    assert f"{file.name}: is in the result log but no longer there" in said
    assert "TC-99-new.json: is there but not in the result log" in said


def test_a_decision_that_was_changed_in_the_log_is_noticed(reports, capsys):
    folder = make_run(reports, failing={LOCATIONS["TC-02"][0]})
    run(capsys, folder)
    log = folder / "result-log.md"
    log.write_text(
        log.read_text().replace(
            "⬜ APPROVED / ⬜ CONDITIONAL / ❌ BLOCKED", "✅ APPROVED / ⬜ CONDITIONAL / ⬜ BLOCKED"
        )
    )

    assert run(capsys, folder, "--verify") == (1, _Containing("says APPROVED, the evidence says BLOCKED"))


def test_a_signed_log_verifies(reports, capsys):
    folder = make_run(reports)
    run(capsys, folder)
    log = folder / "result-log.md"
    log.write_text(log.read_text().replace("| Tester | ______________________ |", "| Tester | สมชาย |"))

    assert run(capsys, folder, "--verify")[0] == 0


def test_a_merged_log_verifies_by_all_its_folders(reports, capsys):
    first, second = shards(reports)
    run(capsys, first, second)

    assert run(capsys, first, second, "--verify")[0] == 0
    assert run(capsys, first, "--verify", "--log", merged(reports) / "result-log.md")[0] == 1


def test_what_is_no_log_cannot_be_verified(reports, capsys):
    folder = make_run(reports)
    assert run(capsys, folder, "--verify") == (2, _Containing("cannot be read as a result log"))

    (folder / "result-log.md").write_text("# Nothing\n")
    assert run(capsys, folder, "--verify") == (2, _Containing("states no hash"))


# -- at the end of a run --------------------------------------------------------------------------------------------


def test_publish(reports):
    older, folder = make_run(reports, run_id=OTHER), make_run(reports, failing={LOCATIONS["TC-09"][0]})
    publishing.publish(older, reports)
    content = publishing.publish(folder, reports)

    assert content["decision"] == "BLOCKED"
    assert content["run_id"] == RUN
    for name in PRODUCTS:
        assert (reports / name).read_text() == from_the_top(folder / name)
    assert os.readlink(reports / "latest") == f"runs/{RUN}"
    assert json.loads((reports / "verdict.json").read_text()) == content
    assert {path.name for path in reports.iterdir()} == {*PRODUCTS, "latest", "latest-whole", "runs"}, (
        "nothing half-written is left"
    )


def test_publish_makes_a_log_of_a_run_that_could_not_start(reports):
    folder = make_run(reports, only=set(), troubles=["the test environment: the SaaS API ended while starting"])

    assert publishing.publish(folder, reports)["decision"] == "BLOCKED"
    assert "the SaaS API ended while starting" in (reports / "result-log.md").read_text()


def test_publish_writes_nothing_from_a_torn_record(reports):
    folder = make_run(reports)
    next((folder / "evidence").iterdir()).write_text("{")

    with pytest.raises(BadEvidence):
        publishing.publish(folder, reports)
    assert not (reports / "verdict.json").exists()


def test_the_command_and_publish_make_the_same(reports, capsys):
    folder = make_run(reports)
    publishing.publish(folder, reports)
    published = [(folder / name).read_bytes() for name in PRODUCTS]
    for name in PRODUCTS:
        (folder / name).unlink()
    run(capsys, folder)

    assert published == [(folder / name).read_bytes() for name in PRODUCTS]


def test_prune_removes_old_runs_only(reports):
    now = datetime(2026, 3, 15, tzinfo=UTC)
    names = [
        "20260101-000000-aaaaaa",
        "20260210-000000-bbbbbb",
        "20260220-000000-cccccc",
        "20260101-000000-latest",
        "notes",
    ]
    for name in names:
        (reports / "runs" / name / "evidence").mkdir(parents=True)
    (reports / "latest").symlink_to("runs/20260101-000000-latest")
    (reports / "runs" / "20260101-000000-linked").symlink_to(reports)

    assert publishing.prune(reports, now=now) == names[:2]
    assert sorted(path.name for path in (reports / "runs").iterdir()) == sorted([*names[2:], "20260101-000000-linked"])
    assert publishing.prune(reports, now=now) == []


def test_prune_without_any_run(tmp_path):
    assert publishing.prune(tmp_path) == []


# -- whole runs and parts of them -----------------------------------------------------------------------------------

LATER = "20260202-080000-aaaaaa"
PART = "20260203-080000-bbbbbb"


def told(text: str) -> str:
    """A page without its tags."""
    return re.sub(r"<[^>]+>", " ", text)


def test_only_a_whole_run_replaces_the_log_of_a_whole_run(reports):
    whole = make_run(reports)
    publishing.publish(whole, reports)
    signed = (
        (reports / "result-log.md").read_text().replace("| Tester | ______________________ |", "| Tester | สมชาย |")
    )
    (reports / "result-log.md").write_text(signed)
    part = make_run(reports, run_id=PART, only=LOCATIONS["TC-02"], failing=LOCATIONS["TC-02"][:1])

    content = publishing.publish(part, reports)
    standing.write(reports)

    assert (content["scope"], content["covers"]) == ("partial", f"2 of {FILES - 1} scenarios, of TC-02")
    assert json.loads((reports / "verdict.json").read_text())["run_id"] == PART
    assert (reports / "result-log.md").read_text() == signed
    assert (
        (part / "result-log.md")
        .read_text()
        .startswith(
            f"> ⚠️ **PARTIAL: This log covers 2 of {FILES - 1} scenarios, of TC-02: it says nothing of the others"
        )
    )
    assert f"(stopped early) — 2 of {FILES - 1} scenarios were selected" in (part / "result-log.md").read_text()
    last, since = standing.lines(reports)
    assert last.startswith(f"Last whole run: {RUN} APPROVED: ")
    assert since.startswith("Since then: 1 not whole, 1 of them red: ")
    index = told((reports / "index.html").read_text())
    assert index.index("2026-02-01 17:15") < index.index("APPROVED") < index.index(PART) < index.index("red: TC-02")

    publishing.publish(make_run(reports, run_id="20260204-080000-cccccc"), reports)
    assert signed != (reports / "result-log.md").read_text(), "the next whole run does"


def test_what_was_made_or_began_without_an_end_is_listed_as_what_it_is(reports):
    publishing.publish(make_run(reports), reports)
    publishing.publish(make_run(reports, run_id=LATER, only=set(), troubles=["the settings: no such thing"]), reports)
    stopped = make_run(reports, run_id=PART, only=LOCATIONS["TC-01"], troubles=["the run was interrupted"])
    publishing.publish(stopped, reports)
    (reports / "runs" / "20260204-080000-cccccc").mkdir()
    publishing.withdraw(reports)
    standing.write(reports)

    assert not (reports / "verdict.json").exists()
    index = told((reports / "index.html").read_text())
    for words in ("REFUSED", "the settings: no such thing", "the run was interrupted", "it goes on, or was cut off"):
        assert words in index


@pytest.mark.parametrize("left_out", ["TC-07", "TC-10"])
def test_a_part_is_never_approved(reports, left_out):
    """P2 alone is left out, which the decision could do without."""
    folder = make_run(reports, only=EVERYTHING - set(LOCATIONS[left_out]))

    content = publishing.publish(folder, reports)

    assert (content["scope"], content["decision"]) == ("partial", "CONDITIONAL")
    assert f"partial: {FILES - 3} of {FILES - 1} scenarios, of" in " ".join(content["reasons"])


def test_a_run_that_was_stopped_is_not_whole(reports):
    for values in ({"ended": None}, {"records": {LOCATIONS["TC-10"][1]: {"result": NOT_RUN, "blames": INTERRUPTED}}}):
        assert verdict_of(merge([read(make_run(reports, **values))]))["scope"] == "partial"


def test_the_default_is_the_run_whose_log_is_on_top(reports, capsys):
    publishing.publish(make_run(reports), reports)
    publishing.publish(make_run(reports, run_id=PART, only=LOCATIONS["TC-02"]), reports)

    assert run(capsys) == (0, _Containing("Decision: APPROVED", RUN))
    assert run(capsys, "--verify") == (0, _Containing(f"{FILES} files", str(reports / "result-log.md")))
    assert json.loads((reports / "verdict.json").read_text())["run_id"] == PART

    log = reports / "result-log.md"
    log.write_text(
        log.read_text().replace(
            "**Decision:** ✅ APPROVED / ⬜ CONDITIONAL / ⬜", "**Decision:** ⬜ APPROVED / ⬜ CONDITIONAL / ❌"
        )
    )
    assert run(capsys, "--verify") == (1, _Containing("says BLOCKED, the evidence says APPROVED"))


def test_a_log_that_is_there_is_not_made_again(reports, capsys):
    folder = make_run(reports)
    run(capsys, RUN)
    log = folder / "result-log.md"
    log.write_text(log.read_text() + "\nSigned: สมชาย\n")

    assert run(capsys, RUN)[0] == 0
    assert log.read_text().endswith("Signed: สมชาย\n")


@pytest.mark.parametrize(
    ("other", "line"),
    [
        ({"settings": [("server", "mysql-5.6")]}, "server is not set in {}, and mysql-5.6 in {}"),
        ({"environment": {"SaaS API": "1.0.0 (abc)"}}, "SaaS API is not set in {}, and 1.0.0 (abc) in {}"),
        ({"environment": {SUITE: "0123456789ab"}}, "Acceptance suite is not set in {}, and 0123456789ab in {}"),
    ],
)
def test_runs_of_different_kinds_are_no_log(reports, capsys, other, line):
    make_run(reports)
    make_run(reports, run_id=OTHER, **other)

    assert run(capsys, RUN, OTHER) == (2, _Containing(line.format(RUN, OTHER)))
    assert not (reports / "merged").exists()


def test_runs_may_be_of_different_places(reports, capsys):
    make_run(reports, settings=[("reports", "a"), ("tester", "A")])
    make_run(reports, run_id=OTHER, settings=[("jobs", "1")])

    assert run(capsys, RUN, OTHER)[0] == 0
