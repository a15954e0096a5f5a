"""How a scenario ended by the runner that carried it out, hooks and clean-ups included, as plain data."""

from dataclasses import dataclass, field

PASSED, SKIPPED = "passed", "skipped"
NOT_ENDED = ("untested", SKIPPED)
"""behave's words for a scenario that came to no result."""


@dataclass(frozen=True)
class StepOutcome:
    """A phrase: behave's status, seconds it took, what went wrong and whom that blames."""

    phrase: str
    status: str
    seconds: float
    table: list[list[str]] | None
    text: str | None
    message: str | None = None
    trace: str | None = None
    blames: str | None = None


@dataclass
class Outcome:
    """A selected scenario as behave left it. ``number`` tells scenarios of equal name and parameters in one feature apart;
    ``begun`` is True once its hooks or steps ran; ``troubles`` are (blames, message) of its hooks and clean-ups.
    """

    location: str
    name: str
    feature: str
    rule: str | None
    description: str
    tags: list[str]
    parameters: list[tuple[str, str]]
    number: int
    status: str
    begun: bool
    skip_reason: str | None
    steps: list[StepOutcome] = field(default_factory=list)
    troubles: list[tuple[str, str]] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The id of its test case; empty without one."""
        return next((tag for tag in self.tags if tag.startswith(("TC-", "S-"))), "")

    @property
    def full_name(self) -> str:
        """Where it is and what it is called, without line numbers: the same in every run."""
        again = f" #{self.number}" if self.number > 1 else ""
        return f"{self.location.rpartition(':')[0]}: {': '.join([*filter(None, [self.rule]), self.name])}{again}"


@dataclass(frozen=True)
class Trouble:
    """Something that went wrong outside of every scenario: where, whom it blames, and the message."""

    where: str
    blames: str
    message: str
