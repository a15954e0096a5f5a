"""What the kill switch said, and what the executor did about it."""

from support.contract import COMPLETED, KILL_SWITCH_REASON
from support.history.calls import Call
from support.history.history import History
from support.history.statements import as_sent
from support.judgement.fields.registry import YES_OR_NO, Seen, observation, yes_or_no


def _calls(history: History) -> list[Call]:
    return [call for one in history.participants.values() for call in one.calls_of("kill switch")]


def _when(call: Call) -> str:
    return "after the index was made" if call.after_index else "before the index was made"


@observation("Kill switch detected", *YES_OR_NO)
def kill_switch_detected(history: History) -> Seen:
    """A worker asked, was told that a switch is on, and sent no ADD INDEX."""
    told_so = [call for call in _calls(history) if call.says_active]
    if not told_so:
        return Seen("No", f"of {len(_calls(history))} kill-switch calls none was answered with an active switch")
    if history.adds:
        return Seen(
            "No",
            f"told that the switch is on {_when(told_so[0])}, the executor sent all the same: {as_sent(history.adds)}",
        )
    return Seen("Yes", "it asked, was told that the switch is on, and sent no ADD INDEX")


@observation("Kill switch detected after ADD", *YES_OR_NO)
def kill_switch_detected_after_add(history: History) -> Seen:
    """A worker asked once more when the index was there, was told that a switch is on, and did not complete."""
    asked = [call for call in _calls(history) if call.after_index]
    told_so = [call for call in asked if call.says_active]
    if not told_so:
        return Seen(
            "No",
            f"{len(asked)} kill-switch calls came after the index was made; none was answered with an active switch",
        )
    return yes_or_no(not history.ended_as(COMPLETED), f"it was told that the switch is on; the run is {history.status}")


@observation("API error detected", *YES_OR_NO)
def api_error_detected(history: History) -> Seen:
    """A kill-switch call failed, and the run's record says that the kill switch stopped it."""
    failed = [call for call in _calls(history) if call.fault]
    if not failed:
        return Seen("No", "no kill-switch call failed: the executor made none at that point")
    reason, message = history.said("fail_reason"), history.said("message")
    return yes_or_no(reason == KILL_SWITCH_REASON, f"{failed[0].fault}; fail_reason: {reason}; message: {message}")


@observation("Fail-closed behavior", "Yes (assumes active)", "No (goes on)", "No")
def fail_closed(history: History) -> Seen:
    """After the failed call the executor acted as if the switch were on: nothing added, or what was added taken back."""
    failed = [call for call in _calls(history) if call.fault]
    if not failed:
        return Seen("No", "no kill-switch call failed")
    if failed[0].after_index:
        stopped = history.index is None and history.dropped is not None
    else:
        stopped = not history.adds
    return Seen(
        "Yes (assumes active)" if stopped else "No (goes on)",
        f"failed {_when(failed[0])}; then: {as_sent(history.changes)}",
    )
