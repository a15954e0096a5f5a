"""The report of a mutation run, for people (Markdown) and programs (JSON)."""

import json
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from tests.mutation.decisions import DECISION_CODE, OTHER_CODE
from tests.mutation.equivalents import NEVER, UNPROMISED, Reason
from tests.mutation.judging import KILLED, NO_ANSWER, NO_START, SURVIVED, Trial
from tests.mutation.sessions import Mutant

EQUIVALENT = "equivalent"
GOAL = 95.0
_DIFFERS = {
    NEVER: "The same in every case that can come",
    UNPROMISED: "Different only where the contract promises nothing",
}


@dataclass(frozen=True)
class Result:
    """A mutant that was drawn, with what became of it, and why it is equivalent if it is written down as that.

    ``trial`` is None only for an equivalent one that was not tried.
    """

    mutant: Mutant
    trial: Trial | None
    reason: Reason | None
    diff: str

    @property
    def outcome(self) -> str:
        """As it counts: a mutant that was killed is not equivalent, whatever the list says."""
        if self.trial is not None and (self.reason is None or self.trial.outcome in (KILLED, NO_START)):
            return self.trial.outcome
        return EQUIVALENT


@dataclass(frozen=True)
class Facts:
    """What a report rests on besides the results: how many mutants there are, what was left out, and how it was run.

    ``controls`` is how often the executor without a change passed all ten test cases before mutants were tried.
    """

    there_are: int
    sites: int
    left_out: Counter[str]
    seed: str
    server: str
    ended: datetime
    controls: int


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
             "function": result.mutant.spec.definition_name, "counts_as": result.outcome, "diff": result.diff,
             "equivalent": asdict(result.reason) if result.reason else None,
             "trial": asdict(result.trial) if result.trial else None}
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
    killed = outcomes[KILLED] + outcomes[NO_START]
    differs = Counter(result.reason.differs for result in results if result.reason and result.outcome == EQUIVALENT)
    lines = [
        "# Mutation of the decision code",
        "",
        f"{facts.ended:%Y-%m-%d}, {facts.server}: **{percent(score(results))}** of the mutants that break what the contract"
        f" promises were killed, {killed} of {len(results) - outcomes[EQUIVALENT]}. {len(results)} were drawn;"
        f" {differs[NEVER]} of them never behave differently, {differs[UNPROMISED]} only where the contract promises"
        f" nothing. Those are listed below, each with its reason, and not counted.",
        "",
        "A mutant is the bundled executor with one small change, made by cosmic-ray: a comparison turned, a condition"
        " negated, a number off by one, a loop that does not run, an exception that is not caught. Killed means that a"
        " scenario of the ten test cases failed and blamed the executor for it; killed at its start, that the agent or"
        " the API could not be started at all; no answer, that the test environment alone was blamed, twice, which is no kill."
        " What is not changed by cosmic-ray is not tried here: texts, SQL, calls left out. The hand-made mutants of"
        " `make prove` are for those.",
        "",
        f"There are {facts.there_are} mutants at {facts.sites} places; {len(results)} of them were drawn (seed"
        f" `{facts.seed}`), at each place one before any place has two. Of all that were drawn {killed} were killed, which"
        f" is {percent(100.0 * killed / max(1, len(results)))}; what the score leaves out is a matter of reading, so read it.",
        "",
        "Before each round the unchanged executor had to pass all ten test cases; it did so"
        f" {facts.controls} times. A mutant that survived was tried again when it had led to a new scenario.",
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
            lines += ["```diff", result.diff, "```", ""]
    return lines


def _detail(result: Result) -> str:
    return f": {result.trial.detail}" if result.trial and result.trial.detail else ""


def _equivalents(results: list[Result]) -> list[str]:
    group = [result for result in results if result.outcome == EQUIVALENT]
    untried = sum(result.trial is None for result in group)
    lines = [
        "## Equivalent",
        "",
        "They keep all that the contract promises; each was read and written down in `tests/mutation/equivalent.toml`."
        f" {untried} of the {len(group)} were not tried, as the list had them before; the others were, and survived.",
        "",
    ]
    for differs, title in _DIFFERS.items():
        mine = [result for result in group if result.reason and result.reason.differs == differs]
        rows = [["Module, function", "Change", "Because"]]
        for result in mine:
            where = f"{result.mutant.module.name}, `{result.mutant.spec.definition_name or 'module'}`"
            rows.append([where, _inline(result.diff), result.reason.because])
        lines += [f"{title}: {len(mine)}.", "", *([*_table(rows), ""] if mine else [])]
    return lines


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
