"""The processes of a run, known by a variable in their environment."""

import os

import psutil

from support.errors import TestEnvironmentError
from support.waiting import WaitTimeout, eventually

MARKER = "EXECUTOR_ACCEPTANCE_RUN"
"""The variable; its value is the id of the run."""

KILL_SECONDS = 5.0


def own_environments() -> list[dict[str, str]]:
    """The environment of every process that this run has started and that still runs."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            found.append(process.environ())
        except psutil.Error:
            continue  # it has just ended
    return found


def kill_marked(run_id: str) -> None:
    """Kill every process of the run except this one, until none is left.

    :raises TestEnvironmentError: some are still there.
    """
    left: list[int] = []

    def none_is_left() -> bool:
        left.clear()
        for process in psutil.process_iter():
            try:
                if process.pid != os.getpid() and process.environ().get(MARKER) == run_id:
                    left.append(process.pid)
                    process.kill()
            except (psutil.Error, OSError):
                continue  # gone, or another user's
        return not left

    try:
        eventually(none_is_left, within=KILL_SECONDS, what="the end of the run's processes")
    except WaitTimeout as error:
        raise TestEnvironmentError(f"processes of run {run_id} that do not end: {left}") from error
