"""What is to happen beside the workers, and at which moment of the run."""

from collections.abc import Callable
from dataclasses import dataclass, field

from support.gateway.faults import Fault

BASELINE, INDEX, WINDOW = "the baseline window opens", "the index exists", "the metrics window opens"
MOMENTS = (BASELINE, INDEX, WINDOW)
"""The moments of a run at which a scenario can act, in the order in which they come."""


@dataclass(frozen=True)
class PlannedFault:
    """A fault that meets worker 1's kill-switch calls: from the first one, or from the first after the index exists."""

    fault: Fault
    once_index_exists: bool


@dataclass
class Plan:
    """Actions by moment, a fault of the kill-switch calls, and who claims the run as worker 1 is killed."""

    actions: dict[str, list[Callable[[], None]]] = field(default_factory=dict)
    fault: PlannedFault | None = None
    claims_at_the_crash: int | None = None

    def at(self, moment: str, action: Callable[[], None]) -> None:
        """Add an action; those of one moment are done in the order they were added."""
        self.actions.setdefault(moment, []).append(action)
