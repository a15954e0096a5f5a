"""What the run's record says of its end, and what its verification had to go by: held against the API, schema and server."""

from support.contract import COMPLETED, INCONCLUSIVE, ROLLBACK_FAILED, ROLLED_BACK
from support.judgement.fields.registry import Seen, observation, observations, told, yes_or_no
from support.judgement.world import World


@observation("Final execution_run Status")
def final_status(world: World) -> Seen:
    """The status of the run, if the API says the same and the schema does not contradict it."""
    status, api = world.status, str(world.told.get("status")).upper()
    if api != status:
        return Seen(f"disputed: {status} in the table, {api} by the API")
    lie = _contradiction(world)
    if lie:
        return Seen(f"{status}, which is not true", lie)
    return Seen(status, f"the table and the API agree; message: {world.said('message')}")


def _contradiction(world: World) -> str | None:
    name = world.run.index_name
    if world.ended_as(COMPLETED):
        if world.index is None:
            return f"the run says it completed, but the server has no index {name}"
        if list(world.index.columns) != world.run.columns:
            return f"the run says it completed, but the server has {world.index}"
    if world.ended_as(ROLLED_BACK):
        if world.index is not None:
            return f"the run says it rolled back, but the server still has {world.index}"
        if world.added is None:
            return "the run says it rolled back, but the server never made the index"
    return None


@observation("fail_reason")
def fail_reason(world: World) -> Seen:
    """The reason in the run's row, if the API says the same."""
    reason, api = world.said("fail_reason"), world.told.get("fail_reason")
    api = "NULL" if api is None else str(api)
    return Seen(reason) if api == reason else Seen(f"disputed: {reason} in the table, {api} by the API")


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
        # The run's message says that nothing could be concluded
        "Message contains inconclusive": lambda world: yes_or_no(
            INCONCLUSIVE in world.said("message").lower(), f"message: {world.said('message')}"
        ),
        # Which measures got worse beyond their thresholds, by the server's own count
        "Degradation measured by the server": lambda world: Seen(", ".join(world.worse()) or "None", _in_words(world)),
        # How many of the run's queries the server ran in it
        "Samples in the metrics window": lambda world: Seen(
            str(len(world.metrics_window.samples)) if world.metrics_window else "no window"
        ),
        # Whatever differs in the schema or the rows from before the scenario and was not meant to
        "Unexpected changes": lambda world: Seen("; ".join(world.unexpected_changes) or "None"),
    }
)


@observation("Audit log entry created")
def audit_log_entry_created(world: World) -> Seen:
    """The failed rollback is in the audit log."""
    actions = [str(row["action"]) for row in world.audit]
    return yes_or_no(ROLLBACK_FAILED in actions, f"audit actions: {', '.join(actions) or 'none'}")
