"""The ``Then`` table: every row observed and held against its Expected cell, all of them before the step fails."""

from collections.abc import Sequence
from typing import Protocol

from hamcrest.core.base_matcher import BaseMatcher
from hamcrest.core.description import Description

from support.errors import SuiteError
from support.judgement.fields import check_expected, compare, look_up
from support.judgement.fields.registry import ALWAYS, HEADINGS
from support.judgement.rules import contract_rules, judge_all
from support.record.evidence import Observation
from support.result_words import FAIL, PASS
from support.scenario.case import Case
from support.scenario.look import look
from support.terminal import table as lines_of


class Row(Protocol):
    """A row of a table, as any Gherkin runner has it."""

    cells: Sequence[str]


class Table(Protocol):
    """The table of a phrase, as any Gherkin runner has it."""

    headings: Sequence[str]
    rows: Sequence[Row]


def judge(case: Case, table: Table | None) -> list[Observation]:
    """Observe every Field of the table and note the rows in the evidence.

    :raises SuiteError: the table is not one that can be judged; or a Field could not be observed while no other one
        failed, so that nobody can be blamed.
    """
    rows = rows_of(table)
    history = look(case)
    with case.evidence.judging():
        rules = case.evidence.rules = judge_all(history)
    observations = [compare(field, expected, history) for field, expected in [*rows, ALWAYS]]
    observations.append(contract_rules(rules))
    case.evidence.observations += observations
    verdicts = {observation.verdict for observation in observations}
    if FAIL not in verdicts and verdicts != {PASS}:
        raise SuiteError("a Field could not be observed, which is never a pass\n" + "\n".join(as_lines(observations)))
    return observations


def rows_of(table: Table | None) -> list[tuple[str, str]]:
    """(Field, Expected) of every row.

    :raises SuiteError: the table is missing or empty, has other columns, or a Field that is unknown or there
        twice, or can never be as expected.
    """
    if table is None or not table.rows:
        raise SuiteError("the result log's table has no row: nothing would be judged")
    if table.headings != HEADINGS:
        raise SuiteError(f"the result log's table has the columns {table.headings}; they have to be {HEADINGS}")
    rows = [(row.cells[0], row.cells[1]) for row in table.rows]
    names = [field for field, _ in rows]
    for name, expected in rows:
        look_up(name)
        check_expected(name, expected)
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise SuiteError(f"the result log's table has a Field twice: {', '.join(sorted(twice))}")
    return rows


def as_lines(observations: list[Observation]) -> list[str]:
    """The table with its Actual column, and under it what each row that did not pass rests on."""
    rows = [["  " if o.verdict == PASS else "✗ ", o.field, o.expected, o.actual] for o in observations]
    lines = lines_of(rows, ["  ", "Field", "Expected", "Actual"])
    return lines + [f"✗ {o.field}: {o.because}" for o in observations if o.verdict != PASS and o.because]


class AllAsExpected(BaseMatcher[list[Observation]]):
    """Matches observations that all passed, and at least one."""

    def _matches(self, item: list[Observation]) -> bool:
        return bool(item) and all(observation.verdict == PASS for observation in item)

    def describe_to(self, description: Description) -> None:
        description.append_text("every Field as the result log expects it")

    def describe_mismatch(self, item: list[Observation], mismatch_description: Description) -> None:
        wrong = sum(1 for observation in item if observation.verdict != PASS)
        mismatch_description.append_text(f"{wrong} of {len(item)} differ\n" + "\n".join(as_lines(item)))
