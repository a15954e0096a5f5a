"""What the run's record says of its end, and what its verification had to go by: held against the API, schema and server."""

from support.contract import COMPLETED, FAIL_REASONS, INCONCLUSIVE, NOT_ENDED, ROLLBACK_FAILED, ROLLED_BACK, TERMINAL
from support.history.history import History
from support.history.statements import as_sent
from support.judgement.fields.registry import MEASURES, YES_OR_NO, Seen, observation, observations, yes_or_no
from support.judgement.rules.approved import is_approved


@observation("Final execution_run Status", *(status.upper() for status in (*NOT_ENDED, *TERMINAL)))
def final_status(history: History) -> Seen:
    """The status of the run, if the API says the same and the schema does not contradict it."""
    status, api = history.status, str(history.told.get("status")).upper()
    if api != status:
        return Seen(f"disputed: {status} in the table, {api} by the API")
    lie = _contradiction(history)
    if lie:
        return Seen(f"{status}, which is not true", lie)
    return Seen(status, f"the table and the API agree; message: {history.said('message')}")


def _contradiction(history: History) -> str | None:
    name = history.run.index_name
    if history.ended_as(COMPLETED):
        if history.index is None:
            return f"the run says it completed, but the server has no index {name}"
        if is_approved(history.index, history.run) is False:
            return f"the run says it completed, but the server has {history.index}"
    if history.ended_as(ROLLED_BACK):
        if history.index is not None:
            return f"the run says it rolled back, but the server still has {history.index}"
        if history.added is None:
            return "the run says it rolled back, but the server never made the index"
    return None


@observation("fail_reason", "NULL", *FAIL_REASONS)
def fail_reason(history: History) -> Seen:
    """The reason in the run's row, if the API says the same."""
    reason, api = history.said("fail_reason"), history.told.get("fail_reason")
    api = "NULL" if api is None else str(api)
    return Seen(reason) if api == reason else Seen(f"disputed: {reason} in the table, {api} by the API")


def _in_words(history: History) -> str:
    if not _has_windows(history):
        return f"the executor read the statement statistics {len(history.metric_reads)} times, so it did not have its two windows"
    return "; ".join(
        ", ".join(f"{name} {before:.4g} → {after:.4g}" for name, (before, after) in history.measured(digest).items())
        for digest in history.run.query_digests
    )


def _has_windows(history: History) -> bool:
    return history.baseline_window is not None and history.metrics_window is not None


@observation("Verification detected degradation", *YES_OR_NO)
@observation("Verification failed", *YES_OR_NO)
def degradation_detected(history: History) -> Seen:
    """The server measured a degradation between the two windows, and the executor acted on it."""
    found = history.worse()
    if not found:
        return Seen("No", f"the server measured no degradation: {_in_words(history)}")
    return yes_or_no(
        history.drops,
        f"degraded by the server's measure: {', '.join(found)} ({_in_words(history)}); then: {as_sent(history.drops)}",
    )


@observation("Low sample detected", "Yes (< # samples)", "No (< # samples)", "No (# samples)", "No")
def low_sample_detected(history: History) -> Seen:
    """The server ran too few of each of the run's queries in the metrics window, and the executor drew no conclusion."""
    if history.metrics_window is None:
        return Seen("No", "the executor opened no metrics window")
    count = _samples(history)
    if count >= history.min_samples:
        return Seen(f"No ({count} samples)")
    detected = INCONCLUSIVE in history.said("message").lower()
    return Seen(
        f"{'Yes' if detected else 'No'} (< {history.min_samples} samples)",
        f"{count} samples; message: {history.said('message')}",
    )


def _samples(history: History) -> int:
    """Executions in the metrics window, of the query of the run that ran most often."""
    return max((history.samples_of(digest)[1] for digest in history.run.query_digests), default=0)


observations(
    {
        # The run's message says that nothing could be concluded
        "Message contains inconclusive": lambda history: yes_or_no(
            INCONCLUSIVE in history.said("message").lower(), f"message: {history.said('message')}"
        ),
    },
    *YES_OR_NO,
)
observations(
    {
        # Which measures got worse beyond their thresholds, by the server's own count
        "Degradation measured by the server": lambda history: Seen(
            ", ".join(history.worse()) or ("None" if _has_windows(history) else "unknown"), _in_words(history)
        ),
    },
    "None",
    *MEASURES,
)
observations(
    {
        # The end of the other run that was carried out at the same time
        "Run beside it": lambda history: Seen(history.status_beside or "there was none"),
    },
    *(status.upper() for status in (*NOT_ENDED, *TERMINAL)),
    "there was none",
)
observations(
    {
        # How many of the run's queries the server ran in it, of the one that ran most often
        "Samples in the metrics window": lambda history: Seen(
            str(_samples(history)) if history.metrics_window else "no window"
        ),
    },
    "#",
    "no window",
)
observations(
    {
        # Whatever differs in the schema or the rows from before the scenario and was not meant to
        "Unexpected changes": lambda history: Seen("; ".join(history.unexpected_changes) or "None"),
    },
    "None",
)


@observation("Audit log entry created", *YES_OR_NO)
def audit_log_entry_created(history: History) -> Seen:
    """The failed rollback is in the audit log."""
    actions = [str(row["action"]) for row in history.audit]
    return yes_or_no(ROLLBACK_FAILED in actions, f"audit actions: {', '.join(actions) or 'none'}")
