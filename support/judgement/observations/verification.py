"""What verification had to go by: the queries the server ran inside the executor's own windows."""

from support.contract import INCONCLUSIVE
from support.judgement.observations.index import told
from support.judgement.observations.registry import Seen, observation, yes_or_no
from support.judgement.world import World


def _in_words(world: World) -> str:
    values = world.measured()
    if not values:
        return f"the executor read the statement statistics {len(world.metric_reads)} times, so it did not have its two windows"
    return ", ".join(f"{name} {before:.4g} → {after:.4g}" for name, (before, after) in values.items())


def _detected(world: World) -> Seen:
    found = world.worse()
    if not found:
        return Seen("No", f"the server measured no degradation: {_in_words(world)}")
    return yes_or_no(
        world.drops,
        f"degraded by the server's measure: {', '.join(found)} ({_in_words(world)}); then: {told(world.drops)}",
    )


@observation("Verification detected degradation")
def verification_detected_degradation(world: World) -> Seen:
    """The server measured a degradation between the two windows, and the executor acted on it."""
    return _detected(world)


@observation("Verification failed")
def verification_failed(world: World) -> Seen:
    """The same, as the form names it where the rollback fails."""
    return _detected(world)


@observation("Degradation measured by the server")
def degradation_measured(world: World) -> Seen:
    """Which measures got worse beyond their thresholds, by the server's own count."""
    return Seen(", ".join(world.worse()) or "None", _in_words(world))


@observation("Low sample detected")
def low_sample_detected(world: World) -> Seen:
    """The server ran too few of the run's queries in the metrics window, and the executor drew no conclusion."""
    window = world.metrics_window
    if window is None:
        return Seen("No", "the executor opened no metrics window")
    count = len(window.samples)
    if count >= world.min_samples:
        return Seen(f"No ({count} samples)")
    detected = INCONCLUSIVE in world.said("message").lower()
    return Seen(
        f"{'Yes' if detected else 'No'} (< {world.min_samples} samples)",
        f"{count} samples; message: {world.said('message')}",
    )


@observation("Samples in the metrics window")
def samples_in_the_window(world: World) -> Seen:
    """How many of the run's queries the server ran in the metrics window."""
    window = world.metrics_window
    return Seen(str(len(window.samples)) if window else "no window")
