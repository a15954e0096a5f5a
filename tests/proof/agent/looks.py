"""Looks at the kill switch that are missing, late, or of something else; only a rule sees that: TC-02, TC-06 and TC-10."""

from dataclasses import replace

from executor_v1 import logs, vocabulary
from executor_v1.agent import killswitch
from tests.proof.agent.switch import INACTIVE
from tests.proof.catalogue import mutant

PLAIN, CONTROL = "control, the last report is answered with 503", "nothing gets worse: queries get faster"


@mutant("TC-10", "R-10", of="agent.worker.ask_switch", scenario=PLAIN, cause=("worker 1", "rule broken", "R-10"))
def switch_first_asked_with_the_index_there(ask_switch):
    """The kill switch is asked for the first time when the index is there; it happens to be off."""
    return lambda job: INACTIVE if job.phase is None else ask_switch(job)


@mutant(
    "TC-10", "R-10", of="agent.worker.ask_switch", scenario="Lease Expiry$", cause=("worker 2", "rule broken", "R-10")
)
def successor_goes_by_the_old_answer(ask_switch):
    """A successor takes it that its predecessor has asked the kill switch, and does not ask before its ADD INDEX."""
    return lambda job: INACTIVE if job.phase == vocabulary.ADDING else ask_switch(job)


@mutant("TC-10", "R-11", of="agent.worker.ask_switch", scenario=PLAIN, cause=("worker 1", "rule broken", "R-11"))
def switch_asked_only_at_the_start(ask_switch):
    """The kill switch is asked before the ADD INDEX and never again."""
    return lambda job: INACTIVE if job.phase == vocabulary.INDEX_ADDED else ask_switch(job)


@mutant(
    "TC-10",
    "R-11",
    of="agent.worker.ask_switch",
    scenario="the server finishes",
    cause=("worker 2", "rule broken", "R-11"),
)
def successor_with_the_index_there_does_not_ask(ask_switch):
    """A successor that finds the index made asks no kill switch: nothing is going to be changed any more."""
    return lambda job: INACTIVE if job.phase_found else ask_switch(job)


@mutant("TC-06", "R-12", of="agent.worker.ask_switch", scenario=CONTROL, cause=("worker 1", "rule broken", "R-12"))
def switch_not_asked_when_the_window_closes(ask_switch):
    """The kill switch is asked when the index is there, and not once more when the metrics window has closed."""
    looks = []

    def sparing(job):
        looks.append(job.phase)
        return INACTIVE if looks.count(vocabulary.INDEX_ADDED) > 1 else ask_switch(job)

    return sparing


@mutant(
    "TC-06",
    "R-12",
    of=("agent.worker.measure", "agent.worker.ask_switch"),
    scenario=CONTROL,
    cause=("worker 1", "rule broken", "R-12"),
)
def switch_asked_as_the_window_opens(measure, ask_switch):
    """The last look at the kill switch is at the beginning of the metrics window, and its answer is used at the end."""
    answers = []

    def look_and_measure(job):
        answers.append(ask_switch(job))
        return measure(job)

    def remembered(job):
        return answers[1] if len(answers) > 1 else ask_switch(job)

    return look_and_measure, remembered


@mutant("TC-10", "R-13", of="agent.worker.carry_out", scenario=PLAIN, cause=("worker 1", "rule broken", "R-13"))
def first_look_only_logged(carry_out):
    """The kill switch is asked at the very start, too, without the secret; that the answer is 401 is logged, no more."""

    def look_and_work(job):
        switch = killswitch.ask(replace(job.config, api_secret=""), job.connection_id)
        logs.info("first_look", reason=switch.reason)
        return carry_out(job)

    return look_and_work


@mutant(
    "TC-02", "R-14", of="agent.killswitch.ask", scenario="the global switch", cause=("worker 1", "rule broken", "R-14")
)
def switch_of_a_fixed_connection(ask):
    """The kill switch is asked about the connection "default", whichever the run has."""
    return lambda config, connection_id: ask(config, "default")


@mutant("TC-10", "R-14", of="agent.job.Job.record", scenario=PLAIN, cause=("worker 1", "rule broken", "R-14"))
def switch_of_the_run_once_the_index_is_there(record):
    """Once the index is there the kill switch is asked about the run's id in place of its connection's."""

    def mixed_up(self, phase, **facts):
        record(self, phase, **facts)
        if phase == vocabulary.INDEX_ADDED:
            self.connection_id = self.run_id

    return mixed_up
