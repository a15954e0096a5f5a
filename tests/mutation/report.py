"""The report of a mutation run, for people (Markdown) and programs (JSON)."""

import json
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from tests.mutation.decisions import DECISION_CODE, OTHER_CODE
from tests.mutation.judging import KILLED, NO_ANSWER, NO_START, SURVIVED, Trial
from tests.mutation.sessions import Mutant

EQUIVALENT = "equivalent"
GOAL = 95.0


@dataclass(frozen=True)
class Result:
    """A mutant that was tried. ``because`` is the reason if it is written down as equivalent, and empty otherwise."""

    mutant: Mutant
    trial: Trial
    because: str

    @property
    def outcome(self) -> str:
        """As it counts: a mutant that was killed is not equivalent, whatever the list says."""
        return EQUIVALENT if self.because and self.trial.outcome not in (KILLED, NO_START) else self.trial.outcome


@dataclass(frozen=True)
class Facts:
    """What a report rests on besides the results: how many mutants there are, what was left out, and how it was run."""

    there_are: int
    sites: int
    left_out: Counter[str]
    seed: str
    server: str
    ended: datetime
    controls: str


def score(results: list[Result]) -> float | None:
    """Killed, in percent of all that are not equivalent; one without an answer is not killed. None if there are none."""
    outcomes = Counter(result.outcome for result in results)
    judged = len(results) - outcomes[EQUIVALENT]
    return 100.0 * (outcomes[KILLED] + outcomes[NO_START]) / judged if judged else None


def write(folder: Path, results: list[Result], facts: Facts) -> Path:
    """Write ``mutation.md`` and ``mutation.json`` and return the path of the page."""
    folder.mkdir(parents=True, exist_ok=True)
    told = {
        "date": facts.ended.isoformat(timespec="seconds"),
        "server": facts.server,
        "seed": facts.seed,
        "score": score(results),
        "outcomes": dict(Counter(result.outcome for result in results)),
        "mutants": [
            {"mutant": result.mutant.key, "line": result.mutant.spec.start_pos[0],
             "function": result.mutant.spec.definition_name, "counts_as": result.outcome, "because": result.because,
             **asdict(result.trial)}
            for result in results
        ],
    }  # fmt: skip
    (folder / "mutation.json").write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    page = folder / "mutation.md"
    page.write_text(markdown(results, facts), encoding="utf-8")
    return page


def markdown(results: list[Result], facts: Facts) -> str:
    """The page: the score and what it rests on, the modules, the survivors, the equivalents."""
    outcomes = Counter(result.outcome for result in results)
    lines = [
        "# Mutation of the decision code",
        "",
        f"{facts.ended:%Y-%m-%d}, {facts.server}: **{percent(score(results))}** of {len(results)} mutants were killed,"
        f" equivalent ones ({outcomes[EQUIVALENT]}) aside.",
        "",
        "A mutant is the bundled executor with one small change, made by cosmic-ray: a comparison turned, a condition"
        " negated, a number off by one, a loop that does not run, an exception that is not caught. Killed means that a"
        " scenario of the ten test cases failed and blamed the executor for it; killed at its start, that the agent or"
        " the API could not be started at all; no answer, that the stand alone was blamed, twice, which is no kill."
        " What is not changed by cosmic-ray is not tried here: texts, SQL, calls left out. The hand-made mutants of"
        " `make prove` are for those.",
        "",
        f"There are {facts.there_are} mutants at {facts.sites} places; {len(results)} of them were drawn (seed"
        f" `{facts.seed}`), one a place before a second. {facts.controls}",
        "",
        *_modules(results),
        *_survivors(results),
        *_equivalents(results),
        *_left_out(facts),
    ]
    return "\n".join(lines).rstrip() + "\n"


def percent(value: float | None) -> str:
    """Rounded down: a score is never shown better than it is."""
    return "none" if value is None else f"{int(value * 10) / 10:.1f} %"


def _modules(results: list[Result]) -> list[str]:
    kinds = (KILLED, NO_START, SURVIVED, NO_ANSWER, EQUIVALENT)
    rows = [["Module", "Mutants", *[kind.capitalize() for kind in kinds], "Score"]]
    groups = {module.name: [result for result in results if result.mutant.module == module] for module in DECISION_CODE}
    for name, group in {**groups, "all": results}.items():
        if group:
            counts = Counter(result.outcome for result in group)
            rows.append([name, str(len(group)), *[str(counts[kind]) for kind in kinds], percent(score(group))])
    return [*_table(rows), ""]


def _survivors(results: list[Result]) -> list[str]:
    lines = []
    for kind, title in ((SURVIVED, "Survivors"), (NO_ANSWER, "No answer")):
        group = [result for result in results if result.outcome == kind]
        lines += [f"## {title}", "", *([] if group else ["None.", ""])]
        for result in group:
            function = result.mutant.spec.definition_name or "module"
            lines += [f"`{result.mutant.key}` in `{function}`{_detail(result)}", ""]
            lines += ["```diff", result.trial.diff.rstrip(), "```", ""]
    return lines


def _detail(result: Result) -> str:
    return f": {result.trial.detail}" if result.trial.detail else ""


def _equivalents(results: list[Result]) -> list[str]:
    group = [result for result in results if result.outcome == EQUIVALENT]
    lines = ["## Equivalent", "", "They keep all that the contract promises; `tests/mutation/equivalent.toml`.", ""]
    rows = [["Module, function", "Change", "Because"]]
    for result in group:
        where = f"{result.mutant.module.name}, `{result.mutant.spec.definition_name or 'module'}`"
        rows.append([where, _inline(result.trial.diff), result.because])
    return [*lines, *(_table(rows) if group else ["None."]), ""]


def _inline(diff: str) -> str:
    lines = [line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return "<br>".join(f"`{line[0]} {line[1:].strip()}`" for line in lines)


def _left_out(facts: Facts) -> list[str]:
    rows = [["Left out", "Mutants"], *[[reason, str(count)] for reason, count in facts.left_out.most_common()]]
    others = [["Module", "What it does"], *[[name, what] for name, what in OTHER_CODE.items()]]
    return [
        "## Left out", "", "Inside the decision code:", "", *_table(rows), "",
        "Modules that are not decision code; the executor's own tests (`tests/executor/`) are for them:", "",
        *_table(others), "",
    ]  # fmt: skip


def _table(rows: list[list[str]]) -> list[str]:
    lines = ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows]
    return [lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]
