"""Measuring: windows as long as was set, and conclusions that what was measured allows."""

from collections.abc import Iterator

from support.contract import COMPLETED, INCONCLUSIVE
from support.history.history import History, Window
from support.judgement.rules.registry import SAFETY, Ruling, rule, ruling

VERIFICATION_FAILED = "verification_failed"


def _both(history: History) -> list[Window]:
    """The two windows, or none if one is missing or more than one digest is to be judged."""
    windows = [one for one in (history.baseline_window, history.metrics_window) if one]
    return windows if len(windows) == 2 and len(history.run.query_digests) == 1 and history.end_report else []


@rule("R-60", SAFETY, "C-METRIC-3", thai="metrics window ทั้งก่อนและหลังต้องยาวไม่น้อยกว่าที่ตั้งไว้")
def windows_have_their_length(history: History) -> Iterator[Ruling]:
    """No metrics window is shorter than METRICS_WINDOW_MINUTES."""
    set_to = [one.given["METRICS_WINDOW_MINUTES"] * 60 for one in history.participants.values() if one.given]
    for name, window in (("baseline", history.baseline_window), ("metrics", history.metrics_window)):
        if window and set_to:
            because = f"the {name} window was {window.seconds_at_most:.3f} s long at most; {min(set_to):.3f} s were set"
            yield ruling(window.seconds_at_most >= min(set_to), because, "the worker", window.closed)


@rule(
    "R-61",
    SAFETY,
    "C-METRIC-5",
    "C-END-8",
    thai="ตัวอย่างน้อยเกินไปต้องไม่สรุปผล: ไม่ rollback เพราะ verification และ message มีคำว่า inconclusive",
)
def too_few_samples_are_inconclusive(history: History) -> Iterator[Ruling]:
    """With too few samples in a window nothing is concluded: no rollback for it, and a completed run says so."""
    few = [one for one in _both(history) if len(one.samples) < history.min_samples]
    if few:
        said = not history.ended_as(COMPLETED) or INCONCLUSIVE in history.said("message").lower()
        holds = said and history.said("fail_reason") != VERIFICATION_FAILED
        because = f"{len(few[0].samples)} samples; the run is {history.status}, message: {history.said('message')}"
        yield ruling(holds, because, history.ended_by, history.ended_at)


@rule("R-62", SAFETY, "C-METRIC-6", "C-METRIC-7", "C-END-9", thai="เมื่อวัดได้ว่าแย่ลงเกินเกณฑ์และมีตัวอย่างพอ ต้องไม่ completed")
def worse_is_not_completed(history: History) -> Iterator[Ruling]:
    """A run whose queries got worse beyond a threshold, with samples enough, does not complete."""
    windows = _both(history)
    if windows and all(len(one.samples) >= history.min_samples for one in windows) and (worse := history.worse()):
        because = f"worse: {', '.join(worse)} {history.measured()}; the run is {history.status}"
        yield ruling(not history.ended_as(COMPLETED), because, history.ended_by, history.ended_at)


@rule("R-63", SAFETY, "C-METRIC-6", "C-END-11", thai="ไม่ rollback เพราะ verification เมื่อวัดได้ว่าไม่แย่ลง")
def not_worse_is_not_taken_back(history: History) -> Iterator[Ruling]:
    """A run is taken back for its verification only if its queries got worse beyond a threshold."""
    if _both(history) and not history.worse():
        because = (
            f"measured: {history.measured()}; the run is {history.status}, fail_reason {history.said('fail_reason')}"
        )
        yield ruling(history.said("fail_reason") != VERIFICATION_FAILED, because, history.ended_by, history.ended_at)
