"""Measuring: windows as long as was set, and conclusions that what was measured allows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from support.contract import COMPLETED, INCONCLUSIVE, VERIFICATION_FAILED
from support.history.history import History, Participant
from support.history.statements import Statement
from support.history.windows import LIMITS, Window
from support.judgement.rules.registry import SAFETY, Ruling, rule, ruling
from support.judgement.rules.sent import adds, drops, made, participant, predecessors
from support.judgement.rules.switch import looks_of

NEAR = Fraction(1, 10**6)
"""An average time that is nearer to its limit than this share of it: programs round times differently."""


def _of(history: History, worker: Participant) -> History:
    """The history without other workers' reads of the metrics and vain attempts: the windows of one are not another's."""
    vain = [one for one in history.adds if not one.succeeded]
    left_out = [one for one in (*history.metric_reads, *vain) if one.owner != str(worker)]
    return replace(history, statements=[one for one in history.statements if one not in left_out])


@dataclass(frozen=True)
class Verification:
    """What the worker that ended the run had to go by."""

    worker: Participant
    history: History
    baseline: Window | None
    metrics: Window | None

    @property
    def needed(self) -> int:
        """The samples that a judgement needs, as the worker was told."""
        return int(self.worker.given.get("MIN_SAMPLE_COUNT", self.history.min_samples))

    @property
    def samples(self) -> dict[str, list[int]]:
        """In both windows, by digest."""
        return {one: self.history.samples_of(one) for one in self.history.run.query_digests}

    @property
    def judged(self) -> list[str]:
        """The digests that can be judged."""
        return [one for one, counts in self.samples.items() if min(counts) >= self.needed]

    @property
    def stopped(self) -> bool:
        """A kill switch, and not what was measured, is why an index was taken back."""
        there = self.history.participants.values()
        return any(look.inactive is not True for worker in there for look in looks_of(self.history, worker))

    @property
    def taken_back_for_it(self) -> bool:
        for_it = self.history.said("fail_reason") == VERIFICATION_FAILED
        return for_it or (bool(drops(self.history)) and not self.stopped)

    def _averages(self, digest: str) -> dict[str, tuple[Fraction, Fraction]]:
        """Before and after, of each measure of a digest: exact, for a limit may just be reached."""
        samples = [one.of(digest).samples for one in (self.baseline, self.metrics) if one and one.of(digest).samples]
        if len(samples) < 2:
            return {}

        def both(value: Callable[[Statement], float | int]) -> tuple[Fraction, Fraction]:
            before, after = (sum((Fraction(value(one)) for one in those), Fraction()) / len(those) for those in samples)
            return before, after

        return {
            "latency": both(lambda one: one.seconds),
            "rows examined": both(lambda one: one.rows_examined),
            "full scans": both(lambda one: int(one.full_scan)),
        }

    def grown(self) -> tuple[list[str], list[str]]:
        """The measures that got worse beyond their limits in a digest that can be judged, and those of which nobody can say."""
        found = [self._grown(one) for one in self.judged]
        worse = [name for name in LIMITS if any(name in one for one, _ in found)]
        return worse, [name for name in LIMITS if name not in worse and any(name in one for _, one in found)]

    def _grown(self, digest: str) -> tuple[list[str], list[str]]:
        worse, unknown = [], []
        for name, (before, after) in self._averages(digest).items():
            limit = before * (1 + Fraction(str(self.worker.may_grow(name))))
            if name != "full scans" and not before:
                unknown += [name] if after else []  # growth from zero has no percentage
            elif name == "latency" and abs(after - limit) <= NEAR * limit:
                unknown.append(name)
            elif after > limit:
                worse.append(name)
        return worse, unknown

    def told(self) -> str:
        """What the server measured, in words."""
        return "; ".join(f"digest {one[:8]} {self.history.measured(one)}" for one in self.judged)


def _verification(history: History) -> Verification | None:
    """None if the run did not come as far, or the reads can't be made out."""
    worker = participant(history, history.ended_by)
    if worker is None or made(history) is None:
        return None
    if any(one.hidden for one in history.statements):
        return None
    own = _of(history, worker)
    return Verification(worker, own, own.baseline_window, own.metrics_window)


def judged(history: History) -> Verification | None:
    """What can be judged of the run's queries; None if that is nothing."""
    found = _verification(history)
    return found if found and found.judged else None


@rule("R-60", SAFETY, "C-METRIC-2", "C-METRIC-3", thai="metrics window ทั้งก่อนและหลังต้องยาวไม่น้อยกว่าที่ตั้งไว้")
def windows_have_their_length(history: History) -> Iterator[Ruling]:
    """No metrics window that something is concluded from is shorter than METRICS_WINDOW_MINUTES."""
    for worker in history.participants.values():
        own, set_to = _of(history, worker), worker.given.get("METRICS_WINDOW_MINUTES", 0.0) * 60
        windows = [("baseline", own.baseline_window, bool(history.by(worker, adds(history))))]
        decided = any(worker is by for by, _ in history.reports_of(COMPLETED))
        taken_back = history.by(worker, drops(history)) and all(one.inactive for one in looks_of(history, worker))
        windows.append(("metrics", own.metrics_window, bool(decided or taken_back)))
        for name, window, used in windows:
            if window and used and set_to:
                length = f"was {window.seconds_at_most:.3f} s long at most; {set_to:.3f} s were set"
                because = f"the {name} window of {worker} {length}"
                yield ruling(window.seconds_at_most >= set_to, because, str(worker), window.closed)


@rule(
    "R-61",
    SAFETY,
    "C-METRIC-5",
    "C-METRIC-8",
    "C-METRIC-9",
    "C-METRIC-10",
    "C-END-8",
    thai="ตัวอย่างน้อยเกินไปหรือไม่มีอะไรให้วัด ต้องไม่สรุปผล: ไม่ rollback เพราะ verification และ message มีคำว่า inconclusive",
)
def too_few_samples_are_inconclusive(history: History) -> Iterator[Ruling]:
    """With too few samples in a window, or none to measure, nothing is concluded: no rollback for it, and who completes says so."""
    found = _verification(history)
    if found and not found.judged:
        may_be_handed_on = predecessors(history, found.worker) and found.baseline is None and history.baseline_window
        if may_be_handed_on and any(after >= found.needed for _, after in found.samples.values()):
            return
        said = not history.ended_as(COMPLETED) or INCONCLUSIVE in history.said("message").lower()
        because = (
            f"{list(found.samples.values())} samples; the run is {history.status}, message: {history.said('message')}"
        )
        yield ruling(said and not found.taken_back_for_it, because, history.ended_by, history.ended_at)


@rule(
    "R-62",
    SAFETY,
    "C-METRIC-4",
    "C-METRIC-6",
    "C-METRIC-7",
    "C-END-9",
    thai="เมื่อวัดได้ว่าแย่ลงเกินเกณฑ์และมีตัวอย่างพอ ต้องไม่ completed",
)
def worse_is_not_completed(history: History) -> Iterator[Ruling]:
    """A run whose queries got worse beyond a threshold, with samples enough, does not complete."""
    found = judged(history)
    if found:
        worse, unknown = found.grown()
        if worse or unknown:
            because = f"worse: {', '.join(worse or unknown)} {found.told()}; the run is {history.status}"
            holds = not history.ended_as(COMPLETED) if worse else None
            yield ruling(holds, because, history.ended_by, history.ended_at)


@rule("R-63", SAFETY, "C-METRIC-1", "C-METRIC-6", "C-END-11", thai="ไม่ rollback เพราะ verification เมื่อวัดได้ว่าไม่แย่ลง")
def not_worse_is_not_taken_back(history: History) -> Iterator[Ruling]:
    """A run is taken back for its verification only if its queries got worse beyond a threshold."""
    found = judged(history)
    if found:
        worse, unknown = found.grown()
        if not worse:
            reason = history.said("fail_reason")
            because = f"measured: {found.told()}; the run is {history.status}, fail_reason {reason}"
            holds = None if unknown and found.taken_back_for_it else not found.taken_back_for_it
            yield ruling(holds, because, history.ended_by, history.ended_at)
