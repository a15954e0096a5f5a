"""One or several run folders (shards, machines) as the material of one log. Pessimistic: the worse copy counts."""

import copy
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from support.again import again
from support.clock import Clock
from support.errors import INTERRUPTED
from support.form import TEST_CASES
from support.judgement import verdict
from support.record.envelope import BadEvidence
from support.record.evidence import SUITE, Check, RunRecord
from support.record.reading import Folder, Record
from support.result_words import NOT_APPLICABLE, NOT_RUN, PARTIAL, PASS, REFUSED, WHOLE
from support.settings import OF_THE_PLACE

JUDGED = ("SaaS API", "Agent", SUITE)
"""What of a run's environment has to be the same in runs that are taken as one."""

Copies = dict[tuple[str, str], list[Record]]
"""The records of every scenario, by its id and location."""


@dataclass(kw_only=True)
class Material(RunRecord):
    """What a log is made from: one run or several as one, whose id is then the ids of all.

    ``records`` have one record for each scenario: of several copies the worst. ``copies`` are the runs and results of
    the scenarios that were judged more than once, by location. ``hashes`` are by path below the ``runs`` folder;
    ``settings_of`` are the settings by run.
    """

    run_ids: list[str]
    records: list[Record]
    copies: dict[str, list[tuple[str, str]]]
    hashes: dict[str, str]
    settings_of: dict[str, list[tuple[str, str]]]

    @cached_property
    def clock(self) -> Clock:
        """Writes times as the people of the run read them."""
        return Clock(self.time_zone)


def merge(folders: list[Folder]) -> Material:
    """The material of all ``folders``, one at least, together.

    :raises BadEvidence: one is there twice.
    """
    ids = [folder.run.run_id for folder in folders]
    twice = {run_id for run_id in ids if ids.count(run_id) > 1}
    if twice:
        raise BadEvidence(f"run {', '.join(sorted(twice))} is given more than once")
    folders = sorted(folders, key=lambda folder: (folder.run.started, folder.run.run_id))
    runs, several, scenarios = [folder.run for folder in folders], len(folders) > 1, _by_scenario(folders)
    ends = [run.ended for run in runs]
    return Material(
        run_id=" + ".join(run.run_id for run in runs),
        run_ids=[run.run_id for run in runs],
        started=runs[0].started,
        ended=None if None in ends else max(filter(None, ends)),
        time_zone=runs[0].time_zone,
        tester=_joined(", ", (run.tester for run in runs)),
        reviewer=_joined(", ", (run.reviewer for run in runs)),
        settings=sorted({setting for run in runs for setting in run.settings}),
        expected={
            case_id: sorted({one for run in runs for one in run.expected.get(case_id, ())})
            for case_id in dict.fromkeys(case_id for run in runs for case_id in run.expected)
        },
        selected=sorted({location for run in runs for location in run.selected}),
        environment={
            name: _joined(" | ", (run.environment.get(name, "") for run in runs))
            for name in dict.fromkeys(name for run in runs for name in run.environment)
        },
        pre_checks=_checks([(run.run_id, run.pre_checks) for run in runs]),
        clean_up=_checks([(run.run_id, run.clean_up) for run in runs]),
        clean_up_script="\n".join(
            f"-- run {run.run_id}\n{run.clean_up_script}" if several else run.clean_up_script
            for run in runs
            if run.clean_up_script
        ),
        troubles=[line for folder in folders for line in _troubles(folder, several)] + _renamed(scenarios),
        records=[_worst(copies, several) for copies in scenarios.values()],
        copies={at: [(one.run_id, one.result) for one in them] for (_, at), them in scenarios.items() if len(them) > 1},
        hashes={path: sha for folder in folders for path, sha in folder.hashes.items()},
        before=runs[0].before,
        settings_of={run.run_id: run.settings for run in runs},
    )


def differences_of(folders: list[Folder]) -> list[str]:
    """What keeps runs from being taken as one: other settings, another executor, another commit of it or of the suite."""
    first, found = folders[0].run, []
    for other in [folder.run for folder in folders[1:]]:
        settings = [{**dict(run.settings), **dict.fromkeys(OF_THE_PLACE, "")} for run in (first, other)]
        parts = [{part: run.environment.get(part, "") for part in JUDGED} for run in (first, other)]
        for here, there in (settings, parts):
            found += [
                f"{name} is {here.get(name) or 'not set'} in {first.run_id}, and {there.get(name) or 'not set'} in {other.run_id}"
                for name in sorted({*here, *there})
                if here.get(name) != there.get(name)
            ]
    return found


def verdict_of(material: Material) -> dict[str, Any]:
    """The content of ``verdict.json``; the one source of the decision."""
    expected = {case_id: set(locations) for case_id, locations in material.expected.items()}
    about = material.environment, material.troubles, *scope_of(material)
    content = verdict.verdict(material.run_id, material.records, expected, *about)
    runs = {record.location: record.run_id for record in material.records}
    for cause in content["causes"]:
        cause["again"] = again(material.settings_of[runs[cause["location"]]], cause["location"])
    return content


def scope_of(material: Material) -> tuple[str, str]:
    """Whether the runs together are WHOLE, PARTIAL or REFUSED, and what they cover, in words."""
    there = {location for locations in material.expected.values() for location in locations}
    judged = {record.location: record.id for record in material.records if record.blames != INTERRUPTED}
    if not judged:
        return REFUSED, "no scenario was judged"
    ids = list(dict.fromkeys(sorted(judged.values())))
    covers = f"{len(judged)} of {len(there)} scenarios" + (
        f", of {', '.join(ids)}" if len(ids) < len(TEST_CASES) else ""
    )
    return WHOLE if there <= judged.keys() and material.ended else PARTIAL, covers


def place(location: str) -> tuple[str, int]:
    """A location as something to sort by: its file, and its line as a number."""
    file, _, line = location.rpartition(":")
    return file, int(line) if line.isdigit() else 0


def _joined(separator: str, words: Iterable[str]) -> str:
    return separator.join(dict.fromkeys(filter(None, words)))


def _checks(of_runs: list[tuple[str, list[Check]]]) -> list[Check]:
    """The items of all runs as one list: done only where every run that has the item did it."""
    answers: dict[str, list[bool | None]] = defaultdict(list)
    details: dict[str, list[str]] = defaultdict(list)
    for run_id, checks in of_runs:
        for check in checks:
            answers[check.item].append(check.done)
            details[check.item].append(f"{run_id}: {check.detail}" if len(of_runs) > 1 else check.detail)
    return [
        Check(item, False if False in all_done else True if True in all_done else None, "; ".join(details[item]))
        for item, all_done in answers.items()
    ]


def _by_scenario(folders: list[Folder]) -> Copies:
    scenarios: Copies = defaultdict(list)
    for folder in folders:
        for record in folder.records:
            scenarios[record.id, record.location].append(record)
    return dict(sorted(scenarios.items(), key=lambda pair: (pair[0][0], place(pair[0][1]))))


def _worst(copies: list[Record], several: bool) -> Record:
    """The copy that counts: one that failed before one that passed; of those not judged, one that did not run before N/A."""
    rank = {PASS: 1, NOT_RUN: 2, NOT_APPLICABLE: 3}
    chosen = copy.copy(min(copies, key=lambda record: rank.get(record.result, 0)))
    if several:
        chosen.file = f"{chosen.run_id}/{chosen.path}"
    return chosen


def _troubles(folder: Folder, several: bool) -> list[str]:
    """What went wrong with a run as a whole: what it says itself, and what its files show."""
    run, troubles = folder.run, list(folder.run.troubles)
    if not run.ended:
        troubles.append("the run was cut off: its record has no end")
    missing = sorted(set(run.selected) - {record.location for record in folder.records}, key=place)
    if missing and folder.records and not any("never judged" in trouble for trouble in troubles):
        troubles.append(f"{len(missing)} selected scenarios were never judged: {', '.join(missing[:3])} …")
    troubles += [
        f"{record.file} contradicts itself: its result is {record.result}, but {why}"
        for record in folder.records
        if (why := _contradiction(record))
    ]
    return [f"{folder.run.run_id}: {trouble}" for trouble in troubles] if several else troubles


def _contradiction(record: Record) -> str | None:
    """What in a record can't be if its result is true; None where all can."""
    if record.result == NOT_APPLICABLE and not record.unmet:
        return "it needs nothing"
    if record.result == PASS and (wrong := [row.field for row in record.observations if row.verdict != PASS]):
        return f"{wrong[0]} did not pass"
    if record.result == PASS and record.id in TEST_CASES and not record.observations:
        return "nothing was observed"
    return None


def _renamed(scenarios: Copies) -> list[str]:
    return [
        f"{location} is not the same scenario in all runs: {' / '.join(names)}"
        for (_, location), copies in scenarios.items()
        if len(names := sorted({one.name for one in copies})) > 1
    ]
