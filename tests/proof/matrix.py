"""The matrix of the proof, mutant by test case, for people (Markdown) and programs (JSON)."""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from support.form import TEST_CASES
from tests.proof.catalogue import Mutant
from tests.proof.judging import Finding, disagreement

Pairs = list[tuple[Mutant, Finding]]


def content(pairs: Pairs, unbroken: Finding | None, ended: datetime, seconds: float) -> dict[str, Any]:
    """All there is to tell, as plain data."""
    findings = [finding for _, finding in pairs] + ([unbroken] if unbroken else [])
    return {
        "date": ended.isoformat(timespec="seconds"),
        "server": next((finding.server for finding in findings if finding.server), "unknown"),
        "seconds": round(seconds, 1),
        "passed": all(finding.good for finding in findings),
        "mutants": len(pairs),
        "caught": sum(finding.good for _, finding in pairs),
        "unbroken": asdict(unbroken) if unbroken else None,
        "findings": [
            {"says": mutant.says, "program": mutant.program, "case": mutant.case, "fields": mutant.fields,
             "named": mutant.cause, "disagreement": disagreement(mutant, finding), **asdict(finding)}
            for mutant, finding in pairs
        ],
    }  # fmt: skip


def markdown(pairs: Pairs, unbroken: Finding | None, told: dict[str, Any]) -> str:
    """The page: what is not as it should be on top, then each test case's mutants, then the matrix."""
    lines = [
        "# Proof that every test case can fail",
        "",
        f"{told['date']}, {told['server']}: {told['caught']} of {told['mutants']} mutants caught where they should be,"
        f" in {told['seconds']:.0f} s. The unbroken executor: {unbroken.outcome if unbroken else 'not run'}.",
        "",
        *_troubles(pairs, unbroken),
        *_by_case(pairs),
        *_causes(pairs),
        *_matrix(pairs),
    ]
    return "\n".join(lines) + "\n"


def write(folder: Path, pairs: Pairs, unbroken: Finding | None, ended: datetime, seconds: float) -> Path:
    """Write ``prove.md`` and ``prove.json`` and return the path of the page."""
    folder.mkdir(parents=True, exist_ok=True)
    told = content(pairs, unbroken, ended, seconds)
    (folder / "prove.json").write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    page = folder / "prove.md"
    page.write_text(markdown(pairs, unbroken, told), encoding="utf-8")
    return page


def _troubles(pairs: Pairs, unbroken: Finding | None) -> list[str]:
    bad = [(mutant.case, finding) for mutant, finding in pairs if not finding.good]
    if unbroken and not unbroken.good:
        bad.insert(0, ("all", unbroken))
    if not bad:
        return []
    rows = [["Mutant", "Test case", "Outcome", "What happened"]]
    rows += [[finding.id, case, finding.outcome, finding.detail] for case, finding in bad]
    return ["## Not as it should be", "", *_table(rows), ""]


def _by_case(pairs: Pairs) -> list[str]:
    lines = []
    for case in TEST_CASES.values():
        mine = [(mutant, finding) for mutant, finding in pairs if mutant.case == case.id]
        if not mine:
            continue
        rows = [["Mutant", "Defect", "Red at", "Expected", "Actual"]]
        rows += [[mutant.id, mutant.says, *_where(finding)] for mutant, finding in mine]
        lines += [f"## {case.id} {case.name}", "", *_table(rows), ""]
    return lines


def _causes(pairs: Pairs) -> list[str]:
    """For how many of the mutants that were caught the suite names the cause that somebody had named beforehand."""
    named = [(mutant, disagreement(mutant, finding)) for mutant, finding in pairs if mutant.cause and finding.good]
    if not named:
        return []
    differ = [[mutant.id, differs] for mutant, differs in named if differs]
    told = f"The suite names the cause that was named beforehand for {len(named) - len(differ)} of {len(named)}."
    return ["## Causes", "", told, "", *([*_table([["Mutant", "Disagreement"], *differ]), ""] if differ else [])]


def _where(finding: Finding) -> list[str]:
    spot = finding.where
    if spot is None or not finding.good:
        return [f"**{finding.outcome}**", "", ""]
    return [spot.field or "before any Field", spot.expected, spot.actual]


def _matrix(pairs: Pairs) -> list[str]:
    rows = [["Mutant", *TEST_CASES]]
    for mutant, finding in pairs:
        red = {spot.case for spot in finding.spots}
        cells = ["red" if case in red else "green" if case in finding.ran else "" for case in TEST_CASES]
        rows.append([mutant.id, *cells])
    return ["## Matrix", "", "Empty: not run, as the defect does not concern the test case.", "", *_table(rows)]


def _table(rows: list[list[str]]) -> list[str]:
    lines = ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows]
    return [lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]
