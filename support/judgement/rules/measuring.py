"""Measuring: windows as long as was set, and conclusions that what was measured allows."""

from collections.abc import Iterator

from support.contract import COMPLETED, INCONCLUSIVE
from support.history.history import History
from support.judgement.rules.registry import SAFETY, Ruling, rule, ruling


@rule("R-60", SAFETY, "C-MEASURE-1", thai="metrics window ทั้งก่อนและหลังต้องยาวอย่างน้อยเท่าที่ตั้งไว้")
def windows_have_their_length(history: History) -> Iterator[Ruling]:
    """Both metrics windows are as long as METRICS_WINDOW_MINUTES says."""
    wanted = history.window_seconds
    if not history.run.query_digests or wanted is None:
        return
    for name, window in (("baseline", history.baseline_window), ("metrics", history.metrics_window)):
        if window:
            yield ruling(
                window.seconds_at_most >= wanted,
                f"the {name} window was {window.seconds_at_most:.3f} s long at most, {wanted:.3f} s were set",
                "the worker", window.closed,
            )


@rule("R-61", SAFETY, "C-MEASURE-2", thai="ตัวอย่างน้อยเกินไปต้องไม่ rollback และ message ต้องบอกว่า inconclusive")
def too_few_samples_are_inconclusive(history: History) -> Iterator[Ruling]:
    """With too few samples in a window nothing is concluded: the run completes and says so."""
    windows = (history.baseline_window, history.metrics_window)
    if None in windows or not history.ended_at or len(history.run.query_digests) != 1:
        return
    few = [one for one in windows if one and len(one.samples) < history.min_samples]
    if few and not history.switch_stopped:
        said = INCONCLUSIVE in history.said("message").lower()
        yield ruling(
            history.ended_as(COMPLETED) and said,
            f"{len(few[0].samples)} samples; the run is {history.status}, message: {history.said('message')}",
            history.ended_by, history.ended_at,
        )


@rule("R-62", SAFETY, "C-MEASURE-3", thai="เมื่อวัดได้ว่าแย่ลงเกินเกณฑ์ต้องไม่ completed")
def worse_is_not_completed(history: History) -> Iterator[Ruling]:
    """A run whose queries got worse beyond a threshold, with enough samples, does not complete."""
    windows = (history.baseline_window, history.metrics_window)
    if None in windows or any(len(one.samples) < history.min_samples for one in windows if one) or not history.ended_at:
        return
    worse = history.worse()
    if worse:
        yield ruling(not history.ended_as(COMPLETED), f"worse: {', '.join(worse)}; the run is {history.status}", history.ended_by, history.ended_at)


@rule("R-63", SAFETY, "C-MEASURE-4", thai="ไม่ rollback เพราะ verification เมื่อวัดไม่ได้ว่าแย่ลง")
def not_worse_is_not_rolled_back(history: History) -> Iterator[Ruling]:
    """A run is taken back for its verification only if its queries got worse beyond a threshold."""
    if history.said("fail_reason") != "verification_failed" or not history.measured():
        return
    yield ruling(bool(history.worse()), f"fail_reason verification_failed; measured: {history.measured()}", history.ended_by, history.ended_at)
