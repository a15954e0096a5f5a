"""Defects around the kill switch: TC-02, TC-03 and TC-09."""

import requests

from executor_v1 import vocabulary
from executor_v1.agent import http
from executor_v1.agent.killswitch import Switch
from executor_v1.agent.outcomes import Outcome
from tests.proof.catalogue import mutant

INACTIVE = Switch(False, "kill switch inactive")
BEFORE, AFTER = "TC-09 Kill Switch API Failure: ", "TC-09 Kill Switch API Failure after ADD INDEX: "


# -- TC-02: on before the start ---------------------------------------------------------------------------------


@mutant(
    "TC-02",
    "Index created",
    of="agent.worker.ask_switch",
    scenario="Before Start$",
    cause=("worker 1", "rule broken", "R-10"),
)
def kill_switch_checked_after_the_alter(ask_switch):
    """The kill switch is asked only once the ALTER is done; the index is then taken back."""
    return lambda job: INACTIVE if job.phase is None else ask_switch(job)


@mutant(
    "TC-02",
    "Kill switch detected",
    of="agent.worker.ask_switch",
    scenario="Before Start$",
    cause=("worker 1", "rule broken", "R-10"),
)
def kill_switch_asked_and_ignored(ask_switch):
    """The kill switch is asked, and whatever it says, the work goes on."""

    def ignoring(job):
        ask_switch(job)
        return INACTIVE

    return ignoring


@mutant(
    "TC-02",
    "ADD INDEX statements sent",
    of="agent.killswitch.read_flags",
    scenario="Before Start$",
    cause=("worker 1", "rule broken", "R-10"),
)
def only_the_global_switch(read_flags):
    """Only the global switch counts; that of the connection is not looked at."""
    return lambda global_active, connection_active, reason: read_flags(global_active, False, reason)


@mutant(
    "TC-02",
    "ADD INDEX statements sent",
    of="agent.killswitch.read_flags",
    scenario="the global switch",
    cause=("worker 1", "rule broken", "R-10"),
)
def only_the_connection_switch(read_flags):
    """Only the switch of the connection counts; the global one is not looked at."""
    return lambda global_active, connection_active, reason: read_flags(False, connection_active, reason)


@mutant(
    "TC-02",
    "Final execution_run Status",
    of="agent.outcomes.stopped_by_switch",
    scenario="Before Start$",
    cause=("worker 1", "rule broken", "R-37"),
)
def stopped_run_requires_manual(stopped_by_switch):
    """A run stopped by the kill switch ends as REQUIRES_MANUAL."""
    return lambda reason: Outcome(vocabulary.REQUIRES_MANUAL, stopped_by_switch(reason).message, vocabulary.KILL_SWITCH)


@mutant(
    "TC-02",
    "fail_reason",
    of="agent.outcomes.stopped_by_switch",
    scenario="Before Start$",
    cause=("worker 1", "rule broken", "R-37"),
)
def stopped_run_without_reason(stopped_by_switch):
    """A run stopped by the kill switch has no fail_reason."""
    return lambda reason: Outcome(vocabulary.FAILED, stopped_by_switch(reason).message)


# -- TC-03: on after the ADD INDEX ------------------------------------------------------------------------------


@mutant(
    "TC-03",
    "Kill switch detected after ADD",
    of="agent.worker.ask_switch",
    scenario="After ADD INDEX$",
    cause=("worker 1", "rule broken", "R-11"),
)
def second_check_missing(ask_switch):
    """The kill switch is not asked again when the index is there."""
    return lambda job: INACTIVE if job.phase == vocabulary.INDEX_ADDED else ask_switch(job)


@mutant(
    "TC-03",
    "Rollback executed",
    of="agent.killswitch.ask",
    scenario="After ADD INDEX$",
    cause=("worker 1", "rule broken", "R-11"),
)
def switch_read_from_a_cache(ask):
    """The agent asks the API once and goes by that answer for the rest of the run."""
    known: dict[str, Switch] = {}

    def cached(config, connection_id):
        if connection_id not in known:
            known[connection_id] = ask(config, connection_id)
        return known[connection_id]

    return cached


@mutant(
    "TC-03",
    "Index exists after rollback",
    of="agent.killswitch.read_flags",
    scenario="global switch",
    cause=("worker 1", "rule broken", "R-13"),
)
def only_the_connection_switch_after_add(read_flags):
    """The global switch is overlooked, so that nothing is taken back when it is turned on."""
    return lambda global_active, connection_active, reason: read_flags(False, connection_active, reason)


# -- TC-09: the API of the kill switch fails --------------------------------------------------------------------


def _open_when(sign: str):
    """A patch of ``assume_active``: what went wrong in this way counts as an inactive switch."""

    def patch(assume_active):
        return lambda why: INACTIVE if sign in why else assume_active(why)

    return patch


@mutant(
    "TC-09",
    "Fail-closed behavior",
    of="agent.killswitch.assume_active",
    scenario=BEFORE + "500",
    cause=("worker 1", "rule broken", "R-10"),
)
def fail_open_on_500(assume_active):
    """An answer of HTTP 500 counts as an inactive switch."""
    return _open_when("HTTP 500")(assume_active)


@mutant(
    "TC-09",
    "Index created",
    of="agent.killswitch.assume_active",
    scenario=BEFORE + "503",
    cause=("worker 1", "rule broken", "R-10"),
)
def fail_open_on_503(assume_active):
    """An answer of HTTP 503 counts as an inactive switch."""
    return _open_when("HTTP 503")(assume_active)


@mutant(
    "TC-09",
    "Fail-closed behavior",
    of="agent.killswitch.assume_active",
    scenario=BEFORE + "time-out",
    cause=("worker 1", "rule broken", "R-10"),
)
def fail_open_on_time_out(assume_active):
    """No answer in time counts as an inactive switch."""
    return _open_when("no complete answer within")(assume_active)


@mutant(
    "TC-09",
    "Fail-closed behavior",
    of="agent.killswitch.assume_active",
    scenario=BEFORE + "connection refused",
    cause=("worker 1", "rule broken", "R-10"),
)
def fail_open_on_refused(assume_active):
    """A refused connection counts as an inactive switch."""
    return _open_when("Connection refused")(assume_active)


@mutant(
    "TC-09",
    "Fail-closed behavior",
    of="agent.killswitch.assume_active",
    scenario=BEFORE + "connection reset",
    cause=("worker 1", "rule broken", "R-10"),
)
def fail_open_on_reset(assume_active):
    """A connection that is reset counts as an inactive switch."""
    return _open_when("Connection reset")(assume_active)


@mutant(
    "TC-09",
    "Fail-closed behavior",
    of="agent.http.call",
    scenario=BEFORE + "headers in time",
    cause=("worker 1", "rule broken", "R-10"),
)
def deadline_for_each_byte_only(call):
    """The deadline bounds the wait for each byte and not the whole call."""

    def endless(method, url, deadline, headers, params=None, body=None):
        try:
            return http.send(method, url, deadline, headers, params, body)
        except OSError as error:
            raise http.NoAnswer(str(error)) from error

    return endless


@mutant(
    "TC-09",
    "Fail-closed behavior",
    of="agent.killswitch.assume_active",
    scenario=BEFORE + "HTML page",
    cause=("worker 1", "rule broken", "R-10"),
)
def fail_open_on_bad_body(assume_active):
    """An answer that is no JSON counts as an inactive switch."""
    return _open_when("no JSON")(assume_active)


@mutant(
    "TC-09",
    "Fail-closed behavior",
    of="agent.killswitch.assume_active",
    scenario=BEFORE + "half an object",
    cause=("worker 1", "rule broken", "R-10"),
)
def fail_open_on_half_an_object(assume_active):
    """A body that breaks off in the middle counts as an inactive switch."""
    return _open_when("no JSON")(assume_active)


@mutant(
    "TC-09",
    "Fail-closed behavior",
    of="agent.killswitch.assume_active",
    scenario=BEFORE + "half an answer",
    cause=("worker 1", "rule broken", "R-10"),
)
def fail_open_on_cut_answer(assume_active):
    """An answer shorter than it promised counts as an inactive switch."""
    return _open_when("IncompleteRead")(assume_active)


@mutant(
    "TC-09",
    "Fail-closed behavior",
    of="agent.killswitch.assume_active",
    scenario=BEFORE + "empty object",
    cause=("worker 1", "rule broken", "R-10"),
)
def fail_open_on_missing_fields(assume_active):
    """A field that is missing from the answer counts as false."""
    return _open_when("no true or false as global_active")(assume_active)


@mutant(
    "TC-09",
    "Fail-closed behavior",
    of="agent.killswitch.assume_active",
    scenario=BEFORE + "one of the two",
    cause=("worker 1", "rule broken", "R-10"),
)
def fail_open_on_one_missing_field(assume_active):
    """The field of the connection is missing from the answer, and counts as false."""
    return _open_when("no true or false as connection_active")(assume_active)


@mutant(
    "TC-09",
    "ADD INDEX statements sent",
    of="agent.killswitch.assume_active",
    scenario=BEFORE + "false written",
    cause=("worker 1", "rule broken", "R-10"),
)
def fail_open_on_false_as_text(assume_active):
    """The text "false" counts as false."""
    return _open_when("no true or false as")(assume_active)


@mutant(
    "TC-09",
    "Fail-closed behavior",
    of="agent.killswitch.assume_active",
    scenario=BEFORE + "302",
    cause=("worker 1", "rule broken", "R-10"),
)
def fail_open_on_redirect(assume_active):
    """An answer that is no error by its status counts as an inactive switch."""
    return _open_when("HTTP 302")(assume_active)


@mutant(
    "TC-09",
    "Fail-closed behavior",
    of="agent.worker.ask_switch",
    scenario=AFTER + "(500|time-out)",
    cause=("worker 1", "rule broken", "R-13"),
)
def second_check_fails_open(ask_switch):
    """Once the index is there, a kill-switch call that fails counts as an inactive switch."""

    def lenient(job):
        switch = ask_switch(job)
        return INACTIVE if job.phase == vocabulary.INDEX_ADDED and "fail-closed" in switch.reason else switch

    return lenient


@mutant(
    "TC-09",
    "API error detected",
    of="agent.outcomes.stopped_by_switch",
    scenario=BEFORE + "500",
    cause=("worker 1", "rule broken", "R-37"),
)
def api_failure_told_as_execution_error(stopped_by_switch):
    """A run stopped because the kill-switch API failed ends with the fail_reason execution_error."""

    def wrong(reason):
        outcome = stopped_by_switch(reason)
        return Outcome(outcome.status, outcome.message, vocabulary.EXECUTION_ERROR, reason)

    return wrong


@mutant(
    "TC-09",
    "Final execution_run Status",
    of="agent.killswitch.ask",
    scenario=BEFORE + "connection reset",
    cause=("worker 1", "exit", "1"),
)
def api_failure_breaks_the_agent(ask):
    """When the kill-switch API fails the agent breaks off and leaves the run as it is."""

    def breaking(config, connection_id):
        switch = ask(config, connection_id)
        if "fail-closed" in switch.reason:
            raise RuntimeError(switch.reason)
        return switch

    return breaking


@mutant(
    "TC-09",
    "ADD INDEX statements sent",
    of="agent.http.send",
    scenario=BEFORE + "302 to an address",
    cause=("worker 1", "rule broken", "R-10"),
)
def redirect_followed(send):
    """A redirect is followed, and what is said at the other address is believed."""

    def follow(method, url, timeout, headers, params, body):
        with requests.Session() as session:
            answer = session.request(method, url, headers=headers, params=params, json=body, timeout=timeout)
            return http.Answer(answer.status_code, answer.content, answer.headers["Content-Type"])

    return follow


@mutant(
    "TC-09",
    "Fail-closed behavior",
    of="agent.killswitch.ask",
    scenario=BEFORE + "half an answer",
    cause=("worker 1", "rule broken", "R-10"),
)
def second_try_with_the_whole_deadline(ask):
    """A look whose answer broke off is tried once more, with the whole deadline anew."""

    def twice(config, connection_id):
        switch = ask(config, connection_id)
        return ask(config, connection_id) if "IncompleteRead" in switch.reason else switch

    return twice
