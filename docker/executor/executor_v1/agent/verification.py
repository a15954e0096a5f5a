"""The verdict on an index: do the run's queries do worse with it than without?

Each digest is judged by itself, so that a query that suffers is not hidden by one that gains, and only if both windows
hold enough executions of it. All arithmetic is exact: a limit that is just reached is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from .metrics import Sample, Window

PICOSECONDS_PER_MILLISECOND = 1_000_000_000

PASSED = "passed"
DEGRADED = "degraded"
INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Limits:
    """Thresholds are shares of the baseline: 0.10 allows up to and including ten percent more."""

    min_samples: int
    latency: Fraction
    rows: Fraction


@dataclass(frozen=True)
class Verdict:
    outcome: str
    degradations: Sequence[str]
    measured: Sequence[str]
    unjudged: Sequence[str]

    def text(self) -> str:
        """One line for people. "inconclusive" is in it whenever a digest could not be judged."""
        judged = [*self.degradations] or [*self.measured]
        open_questions = [f"inconclusive for {text}" for text in self.unjudged]
        return "; ".join([*judged, *open_questions])


def judge(digests: Sequence[str], baseline: Window, after: Window, limits: Limits) -> Verdict:
    """One degraded digest is enough for DEGRADED; INCONCLUSIVE if none could be judged."""
    degradations: list[str] = []
    measured: list[str] = []
    unjudged: list[str] = [] if digests else ["the run, which names no query digests to measure"]
    for digest in digests:
        why = why_unjudged(baseline[digest], after[digest], limits.min_samples)
        if why:
            unjudged.append(f"digest {digest[:12]}: {why}")
            continue
        found = degraded_measures(baseline[digest], after[digest], limits)
        degradations.extend(f"digest {digest[:12]}: {text}" for text in found)
        measured.append(f"digest {digest[:12]}: {describe(baseline[digest], after[digest])}")
    return Verdict(outcome(degradations, measured), degradations, measured, unjudged)


def outcome(degradations: Sequence[str], measured: Sequence[str]) -> str:
    if degradations:
        return DEGRADED
    return PASSED if measured else INCONCLUSIVE


def why_unjudged(baseline: Sample, after: Sample, min_samples: int) -> str | None:
    for name, sample in (("before", baseline), ("after", after)):
        if sample.problem:
            return f"{name} the change {sample.problem}"
        if not has_enough(sample.executions, min_samples):
            return f"{sample.executions} samples {name} the change, fewer than {min_samples}"
    return None


def has_enough(executions: int, min_samples: int) -> bool:
    return executions >= min_samples


def degraded_measures(baseline: Sample, after: Sample, limits: Limits) -> list[str]:
    """What got worse, in words with both values and the numbers of samples."""
    found = []
    counts = f"{baseline.executions} and {after.executions} samples"
    if is_slower(average(baseline.time, baseline), average(after.time, after), limits.latency):
        change = growth(baseline.time, after.time, baseline, after)
        found.append(f"latency {milliseconds(baseline)} -> {milliseconds(after)} ({change}, {counts})")
    if reads_more(average(baseline.rows, baseline), average(after.rows, after), limits.rows):
        change = growth(baseline.rows, after.rows, baseline, after)
        found.append(f"rows examined {rows(baseline)} -> {rows(after)} per execution ({change}, {counts})")
    if scans_more(average(baseline.scans, baseline), average(after.scans, after)):
        found.append(f"full scans {scans(baseline)} -> {scans(after)} per execution ({counts})")
    return found


def average(total: int, sample: Sample) -> Fraction:
    return Fraction(total, sample.executions)


def is_slower(before: Fraction, after: Fraction, threshold: Fraction) -> bool:
    """Whether latency grew by more than the share allowed. A baseline of zero means that it was not timed."""
    return before > 0 and after > before * (1 + threshold)


def reads_more(before: Fraction, after: Fraction, threshold: Fraction) -> bool:
    """Whether the rows examined grew by more than the share allowed.

    Nothing is a percentage of zero: a query that examined no rows may examine one, as any index lookup does.
    """
    if before == 0:
        return after > 1
    return after > before * (1 + threshold)


def scans_more(before: Fraction, after: Fraction) -> bool:
    """Whether an execution is likelier than before to read the whole table; any growth counts."""
    return after > before


def growth(total_before: int, total_after: int, baseline: Sample, after: Sample) -> str:
    """The change of an average in percent."""
    old, new = average(total_before, baseline), average(total_after, after)
    return f"{float((new / old - 1) * 100):+.1f} %" if old else "from zero"


def milliseconds(sample: Sample) -> str:
    return f"{float(average(sample.time, sample) / PICOSECONDS_PER_MILLISECOND):.3f} ms"


def rows(sample: Sample) -> str:
    return f"{float(average(sample.rows, sample)):.2f}"


def scans(sample: Sample) -> str:
    return f"{float(average(sample.scans, sample)):.2f}"


def describe(baseline: Sample, after: Sample) -> str:
    """All measures of a digest that is not worse."""
    return (
        f"latency {milliseconds(baseline)} -> {milliseconds(after)}, rows examined {rows(baseline)} -> {rows(after)},"
        f" full scans {scans(baseline)} -> {scans(after)} per execution"
        f" ({baseline.executions} and {after.executions} samples)"
    )
