"""Where to go on when an earlier worker died: decided by what it wrote down and by what is on the server."""

from executor_v1.vocabulary import ADDING, INDEX_ADDED, ROLLING_BACK

START = "start"
VERIFY = "verify"
ROLL_BACK = "roll back"
GONE = "gone"
FOREIGN = "foreign"


def resume_point(phase: str | None, existed_before: bool, found: bool, differs: bool) -> str:
    """The step to go on with.

    phase           the last one recorded, None if no worker came as far as the ALTER
    existed_before  whether the name was taken before the run's own ALTER, so that the server refuses it with 1061
    found, differs  whether an index of that name is there now, and not as approved
    """
    if phase == ROLLING_BACK:
        return ROLL_BACK
    if phase not in (ADDING, INDEX_ADDED):
        return START
    if phase == ADDING and (existed_before or not found):
        # Either the ALTER never came to anything, or the server will refuse it again as it did the first time.
        return START
    if not found:
        return GONE
    return FOREIGN if differs else VERIFY
