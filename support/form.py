"""What the result log's form says, read from ``features/form.toml`` and checked: test cases, checklists, words, criteria.

What a run fills in is made in ``resultlog``; what the Fields mean is in ``judgement``.
"""

import functools
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from support import contract
from support.errors import SuiteError

FILE = Path(__file__).resolve().parent.parent / "features" / "form.toml"
STATUS = "Final execution_run Status"
"""The Field that every test case has, and that section 3.2 shows, too."""

MISTAKES_SHOWN = 3

CaseId = Annotated[str, StringConstraints(pattern=r"^TC-\d\d$")]
Priority = Literal["P0", "P1", "P2", "P3"]
PRIORITIES: tuple[Priority, ...] = get_args(Priority)
BEYOND: Priority = "P3"
"""The priority of a test case that the form does not have: the decision asks for it, and the form's own numbers do not."""

PreCheck = Literal["api", "database", "test_data", "environment", "log_level", "kill_switches", "runs", "workers"]
CleanUp = Literal["indexes", "runs", "rollbacks", "kill_switches", "audit_logs", "workers", "logs"]
Impact = Literal["blocks_canary", "code_fix", "configuration", "environment"]
Detail = Literal["start", "end", "logs", "time", "value", "time and value", "claim of worker 2", "status of worker 2"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Note(_Part):
    """A sentence of a test case's "Notes" about ``field``; ``otherwise`` follows it when not every scenario shows that."""

    text: str
    field: str = ""
    otherwise: str = ""


class SecurityCheck(_Part):
    """A box of a test case's "Security Check", and the lists of Fields of which one has to be as expected as a whole."""

    text: str
    shown_by: list[list[str]]


class TestCase(_Part):
    """One test case: sections 2.1 and so on. ``index`` is the name that its index has; ``details`` are labels."""

    __test__ = False  # not one of pytest's classes

    id: str
    name: str
    title: str = ""  # above its section, where that is not its name
    description: str
    priority: Priority
    index: str
    expected: dict[str, str]
    queries: dict[str, str]
    details: list[str]
    notes: list[Note] = []
    security_checks: list[SecurityCheck] = []

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """(Field, Expected), row by row."""
        return tuple(self.expected.items())

    @property
    def is_beyond(self) -> bool:
        """It is none of the form's own."""
        return self.priority == BEYOND

    @property
    def expected_status(self) -> str:
        """The status that its run has to end in, in capitals."""
        return self.expected[STATUS]

    @property
    def run_id(self) -> str:
        """The execution run of its first scenario."""
        return f"test-{self.id.replace('-', '').lower()}-001"

    @property
    def connection(self) -> str:
        return f"conn-0{self.id[-2:]}"

    def verification_queries(self, run: str, table: str, index: str) -> list[tuple[str, str]]:
        """(title, SQL) of its "Database Verification" for one execution run."""
        index = index.replace("\\", "\\\\").replace("'", "''")
        return [(title, sql.format(run=run, table=table, index=index)) for title, sql in self.queries.items()]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.expected.get(STATUS, "").lower() not in contract.TERMINAL:
            raise ValueError(f"expected has no {STATUS!r} that is one of {', '.join(contract.TERMINAL).upper()}")
        for title, sql in self.queries.items():
            try:
                sql.format(run="", table="", index="")
            except (KeyError, ValueError, IndexError) as error:
                raise ValueError(
                    f"the query {title!r} has more in braces than run, table and index: {error}"
                ) from error
        return self


class Leftover(_Part):
    """Rows that scenarios leave in one of the executor's tables; ``item`` of the clean-up list is about them."""

    item: CleanUp
    table: str
    column: str
    like: Annotated[str, StringConstraints(pattern=r"^[\w-]+%?$")]

    @property
    def condition(self) -> str:
        """The rows, as in SQL's WHERE."""
        return f"{self.column} {'LIKE' if self.like.endswith('%') else '='} '{self.like}'"

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.table not in contract.STATE_TABLES or self.column not in contract.COLUMNS[self.table]:
            raise ValueError(f"{self.table}.{self.column} is no column of the executor's own tables")
        return self


class Leftovers(_Part):
    """What scenarios leave in a schema, known by its names."""

    index_prefixes: Annotated[list[str], Field(min_length=1)]
    rows: list[Leftover]


class PriorityWords(_Part):
    """A priority as 3.3 shows it, and the severity in 4.1 of an issue with it."""

    shown: str
    severity: str


class Critical(_Part):
    """A row of 3.3 "Critical Tests": why the test case has to pass, and the name it has there if it has another."""

    reason: str
    name: str = ""


class Criterion(_Part):
    """A row of 3.3 "Canary Run Decision"."""

    sign: str
    decision: str
    text: str


class Canary(_Part):
    """The decision: the share of the P1 test cases that has to pass, and the criteria in words."""

    p1_needed: Annotated[float, Field(gt=0, le=1)]
    criteria: list[Criterion]


class Form(_Part):
    environment: list[str]
    retention_days: Annotated[int, Field(gt=0)]
    pre_checks: dict[PreCheck, str]
    clean_up: dict[CleanUp, str]
    leftovers: Leftovers
    priorities: dict[Priority, PriorityWords]
    critical: dict[CaseId, Critical]
    canary: Canary
    impacts: dict[Impact, str]
    details: dict[str, Detail]
    test_cases: dict[CaseId, TestCase]

    @property
    def criteria(self) -> list[tuple[str, str, str]]:
        """(sign, decision, criterion), row by row."""
        share = f"{self.canary.p1_needed:.0%}"
        return [(row.sign, row.decision, row.text.replace("{p1_needed}", share)) for row in self.canary.criteria]

    @model_validator(mode="after")
    def _check(self) -> Self:
        whole = {"pre_checks": PreCheck, "clean_up": CleanUp, "priorities": Priority, "impacts": Impact}
        for place, names in whole.items():
            if missing := [name for name in get_args(names) if name not in getattr(self, place)]:
                raise ValueError(f"{place}: {', '.join(missing)} is missing")
        blockers = {case.id for case in self.test_cases.values() if case.priority in ("P0", "P1")}
        if differing := sorted(blockers ^ set(self.critical)):
            raise ValueError(
                f"critical: {', '.join(differing)}: it has to list the test cases of P0 and P1, and no others"
            )
        for case in self.test_cases.values():
            if unknown := [label for label in case.details if label not in self.details]:
                raise ValueError(f"test_cases.{case.id}.details: {', '.join(unknown)} is not among the details")
            if not case.index.startswith(tuple(self.leftovers.index_prefixes)):
                raise ValueError(f"test_cases.{case.id}.index: {case.index} begins with no prefix of the leftovers")
        return self


def read(file: Path) -> Form:
    """The form in a file; SuiteError, one line with file and place, if it cannot be read or something in it is wrong."""
    name = f"{file.parent.name}/{file.name}"
    try:
        content: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        cases = content.get("test_cases")
        for case_id, case in cases.items() if isinstance(cases, dict) else ():
            if isinstance(case, dict):
                case["id"] = case_id
        return Form.model_validate(content)
    except ValidationError as error:
        raise SuiteError(f"{name}: {_in_words(error)}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SuiteError(f"{name}: {error}") from None


def _in_words(error: ValidationError) -> str:
    """What is wrong and where, in one line; the first few are enough."""
    plain = {"missing": "it is missing", "extra_forbidden": "the form has no such entry"}
    lines = []
    for one in error.errors()[:MISTAKES_SHOWN]:
        place = ".".join(str(part) for part in one["loc"] if part != "[key]")
        what = plain.get(one["type"], one["msg"].removeprefix("Value error, "))
        lines.append(f"{place}: {what}" if place else what)
    return "; ".join(lines)


@functools.cache
def form() -> Form:
    """The form of this project; raises as ``read`` does."""
    return read(FILE)


class _TestCases(Mapping[str, TestCase]):
    """The form's test cases; the file is read when they are first asked for, so that its mistakes are told as all others."""

    def __getitem__(self, case_id: str) -> TestCase:
        return form().test_cases[case_id]

    def __iter__(self) -> Iterator[str]:
        return iter(form().test_cases)

    def __len__(self) -> int:
        return len(form().test_cases)


TEST_CASES: Mapping[str, TestCase] = _TestCases()
"""Every test case that has to run, by id: the form's own, and those beyond it."""


def of_the_form() -> list[TestCase]:
    """The form's own test cases, in its order."""
    return [case for case in TEST_CASES.values() if not case.is_beyond]


def beyond_the_form() -> list[TestCase]:
    """Those that the suite has besides."""
    return [case for case in TEST_CASES.values() if case.is_beyond]
