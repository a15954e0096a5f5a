"""How things stand in the reports folder: the last whole run, and what ran in part since; as a page and as lines."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from support.files import shown, write_whole
from support.record.evidence import Before
from support.result_words import FAIL, REFUSED
from support.resultlog.blocks import Group, Heading, Key, Link, Paragraph, Part, Strong, Table
from support.resultlog.publishing import RUNS, VERDICT, whole_run
from support.resultlog.rendering import PAGE, page

INDEX = "index.html"
NONE_WHOLE = "No run of all scenarios has come to its end yet: acceptance run"


class Left(NamedTuple):
    """What a run has left: its id, and its verdict, if it has one."""

    run_id: str
    verdict: dict[str, Any]

    @property
    def when(self) -> str:
        """When it began, as its id has it."""
        day, _, time = self.run_id.rpartition("-")[0].partition("-")
        return f"{day[:4]}-{day[4:6]}-{day[6:]} {time[:2]}:{time[2:4]}"

    @property
    def scope(self) -> str:
        """In capitals: WHOLE, PARTIAL, REFUSED, or that there is no verdict."""
        return str(self.verdict.get("scope", "no verdict")).upper()

    @property
    def came_to(self) -> str:
        """What came of it, in words."""
        if not self.verdict:
            return "it goes on, or was cut off"
        red = [case_id for case_id, case in self.verdict["test_cases"].items() if case["result"] == FAIL]
        troubles = self.verdict.get("troubles", [])[:1]
        if self.verdict.get("scope") == REFUSED:
            return "; ".join(troubles) or self.verdict["covers"]
        about = [self.verdict.get("covers", ""), f"red: {', '.join(red)}" if red else "nothing red", *troubles]
        return "; ".join(filter(None, about))


def lines(reports: Path) -> list[str]:
    """The last whole run and what ran since, for the end of a run."""
    whole, since = _left(reports)
    if whole is None:
        return [NONE_WHOLE]
    found = [f"Last whole run: {whole.run_id} {whole.verdict['decision']}: {shown(reports / PAGE)}"]
    if since:
        red = sum("red: " in one.came_to for one in since)
        found.append(f"Since then: {len(since)} not whole, {red} of them red: {shown(reports / INDEX)}")
    return found


def before(reports: Path) -> Before | None:
    """What the last whole run came to, for the log of the next one."""
    whole, _ = _left(reports)
    if whole is None or not whole.verdict:
        return None
    results = {case_id: case["result"] for case_id, case in whole.verdict["test_cases"].items()}
    return Before(whole.run_id, whole.verdict["decision"], results, whole.verdict.get("environment", {}))


def write(reports: Path) -> None:
    """Write ``index.html``: what to open first."""
    whole, since = _left(reports)
    parts: list[Part] = [Heading(1, "Executor v1 acceptance: the runs"), Heading(2, "The last whole run")]
    if whole:
        row = (Link(whole.run_id, PAGE), whole.when, Strong(whole.verdict["decision"]), whole.came_to)
        parts.append(Table(("Run", "Began", "Decision", "Came to"), [row]))
    else:
        parts.append(Paragraph(NONE_WHOLE))
    parts.append(Heading(2, "Since then, in part" if whole else "Runs, none of them whole"))
    rows = [(_log(reports, one), one.when, one.scope, one.verdict.get("decision", "–"), one.came_to) for one in since]
    if rows:
        parts.append(Table(("Run", "Began", "Scope", "Decision", "Came to"), rows))
        parts.append(Paragraph("The newest comes first. None of them says anything of the scenarios that it left out."))
    else:
        parts.append(Paragraph("Nothing."))
    write_whole(reports / INDEX, page("Executor v1 acceptance: the runs", [Group(parts)], "style.css"))


def _log(reports: Path, one: Left) -> Key | Link:
    there = (reports / RUNS / one.run_id / PAGE).exists()
    return Link(one.run_id, f"{RUNS}/{one.run_id}/{PAGE}") if there else Key(one.run_id)


def _left(reports: Path) -> tuple[Left | None, list[Left]]:
    """The last whole run, and those that began after it, the newest first; all of them, if none is whole."""
    folder = whole_run(reports)
    runs = sorted((one.name for one in (reports / RUNS).glob("*") if one.is_dir()), reverse=True)
    since = [name for name in runs if folder is None or name > folder.name]
    whole = Left(folder.name, _verdict(folder)) if folder else None
    return whole, [Left(name, _verdict(reports / RUNS / name)) for name in since]


def _verdict(folder: Path) -> dict[str, Any]:
    try:
        content = json.loads((folder / VERDICT).read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
