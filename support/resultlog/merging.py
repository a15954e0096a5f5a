"""One or several run folders (shards, machines) as the material of one log. Pessimistic: the worse copy counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from support.form import TEST_CASES
from support.judgement import verdict
from support.result_words import NOT_APPLICABLE, NOT_RUN, PASS
from support.resultlog.reading import BadEvidence, Folder, shaped


@dataclass(frozen=True)
class Material:
    """What a log is made from.

    ``records`` have one record for each scenario: of several copies the worst. ``copies`` are the runs and results of
    the scenarios that were judged more than once, by location. ``hashes`` are by path below the ``runs`` folder.
    """

    run_ids: tuple[str, ...]
    started: str
    ended: str | None
    time_zone: str
    tester: str
    reviewer: str
    settings: list[tuple[str, str]]
    expected: dict[str, set[str]]
    selected: list[str]
    environment: dict[str, str]
    pre_checks: list[dict[str, Any]]
    clean_up: list[dict[str, Any]]
    clean_up_script: str
    troubles: list[str]
    records: list[dict[str, Any]]
    copies: dict[str, list[tuple[str, str]]]
    hashes: dict[str, str]

    @property
    def title(self) -> str:
        """The run's id, or those of all runs."""
        return " + ".join(self.run_ids)

    @property
    def merged(self) -> bool:
        """True when it is of several runs."""
        return len(self.run_ids) > 1


def merge(folders: list[Folder]) -> Material:
    """The material of all ``folders`` together.

    :raises BadEvidence: no folder, one that is there twice, or a record that has not the shape of one.
    """
    if not folders:
        raise BadEvidence("there is no folder to make a result log from")
    ids = [folder.run_id for folder in folders]
    twice = {run_id for run_id in ids if ids.count(run_id) > 1}
    if twice:
        raise BadEvidence(f"run {', '.join(sorted(twice))} is given more than once")
    with shaped(" + ".join(ids)):
        return _merged(sorted(folders, key=lambda folder: (folder.run["started"], folder.run_id)))


def _merged(folders: list[Folder]) -> Material:
    runs, several = [folder.run for folder in folders], len(folders) > 1
    judged = _by_scenario(folders)
    expected: dict[str, set[str]] = {}
    for run in runs:
        for case_id, locations in run["expected"].items():
            expected.setdefault(case_id, set()).update(locations)
    ends = [run.get("ended") for run in runs]
    return Material(
        run_ids=tuple(folder.run_id for folder in folders),
        started=runs[0]["started"],
        ended=max(ends) if all(ends) else None,
        time_zone=runs[0]["time_zone"],
        tester=_joined(run.get("tester", "") for run in runs),
        reviewer=_joined(run.get("reviewer", "") for run in runs),
        settings=sorted({(name, value) for run in runs for name, value in run.get("settings", [])}),
        expected=expected,
        selected=sorted({location for run in runs for location in run["selected"]}),
        environment=_environment(runs),
        pre_checks=_checks(folders, "pre_checks", several),
        clean_up=_checks(folders, "clean_up", several),
        clean_up_script="\n".join(
            f"-- run {run['run_id']}\n{run['clean_up_script']}" if several else run["clean_up_script"]
            for run in runs
            if run.get("clean_up_script")
        ),
        troubles=[trouble for folder in folders for trouble in _troubles(folder, several)] + _renamed(judged),
        records=[_worst(copies, several) for copies in judged.values()],
        copies={
            copies[0]["location"]: [(copy["run_id"], copy["result"]) for copy in copies]
            for copies in judged.values()
            if len(copies) > 1
        },
        hashes={f"{folder.run_id}/{name}": sha for folder in folders for name, sha in sorted(folder.hashes.items())},
    )


def verdict_of(material: Material) -> dict[str, Any]:
    """The content of ``verdict.json``; the one source of the decision."""
    return verdict.verdict(material.title, material.records, material.expected, material.environment, material.troubles)


def place(location: str) -> tuple[str, int]:
    """A location as something to sort by: its file, and its line as a number."""
    file, _, line = location.rpartition(":")
    return file, int(line) if line.isdigit() else 0


def _by_scenario(folders: list[Folder]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    judged: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for folder in folders:
        for record in folder.records:
            judged.setdefault((record["id"], record["location"]), []).append(record)
    return dict(sorted(judged.items(), key=lambda pair: (pair[0][0], place(pair[0][1]))))


def _worst(copies: list[dict[str, Any]], several: bool) -> dict[str, Any]:
    """The copy that counts: a failed one before a passed one; one that was never judged says nothing.

    Where it did not run on one server and cannot hold on another, it did not run.
    """
    rank = {PASS: 1, NOT_RUN: 2, NOT_APPLICABLE: 3}
    chosen = min(copies, key=lambda copy: rank.get(copy["result"], 0))
    missing = dict.fromkeys(("blames", "actual_status", "failure", "unmet", "ended"))
    defaults = {"duration_s": 0.0, "description": ""}
    lists: dict[str, list[Any]] = {name: [] for name in ("facts", "queries", "wire", "workers", "logs", "statements")}
    name = f"{chosen['run_id']}/{chosen['path']}" if several else chosen["file"]
    return {**missing, **defaults, **lists, **chosen, "file": name}


def _troubles(folder: Folder, several: bool) -> list[str]:
    """What went wrong with a run as a whole: what it says itself, and what its files show."""
    run, troubles = folder.run, list(folder.run.get("troubles", []))
    if not run.get("ended"):
        troubles.append("the run was cut off: its record has no end")
    missing = sorted(set(run["selected"]) - {record["location"] for record in folder.records}, key=place)
    if missing and folder.records and not any("never judged" in trouble for trouble in troubles):
        troubles.append(f"{len(missing)} selected scenarios were never judged: {', '.join(missing[:3])} …")
    for record in folder.records:
        if record["result"] == NOT_APPLICABLE and not record.get("unmet"):
            troubles.append(
                f"{record['file']} contradicts itself: its result is {NOT_APPLICABLE}, but it needs nothing"
            )
        wrong = [row.get("field") for row in record["observations"] if row.get("verdict") != PASS]
        if record["result"] == PASS and (wrong or (record["id"] in TEST_CASES and not record["observations"])):
            why = f"{wrong[0]} did not pass" if wrong else "nothing was observed"
            troubles.append(f"{record['file']} contradicts itself: its result is PASS, but {why}")
    return [f"{folder.run_id}: {trouble}" for trouble in troubles] if several else troubles


def _renamed(judged: dict[tuple[str, str], list[dict[str, Any]]]) -> list[str]:
    return [
        f"{location} is not the same scenario in all runs: {' / '.join(sorted({copy['name'] for copy in copies}))}"
        for (_, location), copies in judged.items()
        if len({copy["name"] for copy in copies}) > 1
    ]


def _joined(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(word for word in words if word))


def _environment(runs: list[dict[str, Any]]) -> dict[str, str]:
    names = dict.fromkeys(name for run in runs for name in run.get("environment", {}))
    return {name: " | ".join(_unique(run.get("environment", {}).get(name) for run in runs)) for name in names}


def _unique(values: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(str(value) for value in values if value))


def _checks(folders: list[Folder], name: str, several: bool) -> list[dict[str, Any]]:
    """The items of all runs as one list: done only where every run that has the item did it."""
    items: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for folder in folders:
        for check in folder.run.get(name, []):
            items.setdefault(check["item"], []).append((folder.run_id, check))
    merged = []
    for item, checks in items.items():
        answers = [check["done"] for _, check in checks]
        done = False if False in answers else True if True in answers else None
        detail = "; ".join(f"{run_id}: {check['detail']}" if several else check["detail"] for run_id, check in checks)
        merged.append({"item": item, "done": done, "detail": detail})
    return merged
