"""Whether the application's queries went as the scenario meant them to: if not, nothing can be said of the executor."""

from support.errors import NotMade, TestEnvironmentError
from support.judgement.world import World
from support.mysql.statements import NO_TEXT


def refuse_a_failed_workload(
    world: World, counted: int, samples: tuple[int, int], intended: str | None, hidden: int, length: float
) -> None:
    """Hold that the queries lay in the executor's windows, were counted, and changed as meant.

    :param counted: executions by the server's own counter, as the executor is told.
    :param samples: executions that were sent into the baseline window and into the metrics window.
    :param intended: the measure that is to come out worse, or None.
    :param hidden: prepared statements of which the server kept no text.
    :param length: seconds that a window has at least. A shorter one is the executor's doing, and left to the observations.
    :raises NotMade: it is not so.
    :raises TestEnvironmentError: it cannot be told.
    """
    if counted != len(world.workload):
        raise NotMade(
            f"the server ran {len(world.workload)} of the application's queries but counted {counted}: its statement"
            " counters are not locked and lost some, so the executor did not read what happened"
        )
    if hidden and not world.metrics_window:
        raise TestEnvironmentError(f"the executor's windows cannot be made out, because it reads its metrics {NO_TEXT}")
    if not _lie_in_the_windows(world, samples, length):
        return
    if samples[1] and world.worse() != ([intended] if intended else []):
        raise NotMade(
            f"the application's queries were to get worse in {intended or 'nothing'}, but the server measured:"
            f" {world.measured()}"
        )


def _lie_in_the_windows(world: World, samples: tuple[int, int], length: float) -> bool:
    """False if the executor opened no such windows, which is for the observations to judge."""
    before, after = samples
    for name, window, sent, wanted in (
        ("baseline", world.baseline_window, world.workload[:before], before),
        ("metrics", world.metrics_window, world.workload[before:], after),
    ):
        if window is None or len(sent) != wanted or window.seconds_at_most < length:
            return False
        if any(statement.started < window.opened for statement in sent):
            raise NotMade(f"the application's queries began beside the read that opens the {name} window")
        if len(window.samples) < wanted:
            raise NotMade(
                f"the {name} window closed before the application's queries were done ({len(window.samples)} of"
                f" {wanted} in {window.seconds:.3f} s): raise metrics_window_seconds"
            )
    return True
