"""What verification had to go by: the queries the server ran inside the executor's own windows."""

from support.contract import INCONCLUSIVE
from support.judgement.observations.registry import Seen, observation, observations, told, yes_or_no
from support.judgement.world import World


def _in_words(world: World) -> str:
    values = world.measured()
    if not values:
        return f"the executor read the statement statistics {len(world.metric_reads)} times, so it did not have its two windows"
    return ", ".join(f"{name} {before:.4g} → {after:.4g}" for name, (before, after) in values.items())


@observation("Verification detected degradation")
@observation("Verification failed")
def degradation_detected(world: World) -> Seen:
    """The server measured a degradation between the two windows, and the executor acted on it."""
    found = world.worse()
    if not found:
        return Seen("No", f"the server measured no degradation: {_in_words(world)}")
    return yes_or_no(
        world.drops,
        f"degraded by the server's measure: {', '.join(found)} ({_in_words(world)}); then: {told(world.drops)}",
    )


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


observations(
    {
        # Which measures got worse beyond their thresholds, by the server's own count
        "Degradation measured by the server": lambda world: Seen(", ".join(world.worse()) or "None", _in_words(world)),
        # How many of the run's queries the server ran in it
        "Samples in the metrics window": lambda world: Seen(
            str(len(world.metrics_window.samples)) if world.metrics_window else "no window"
        ),
    }
)
