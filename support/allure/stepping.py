"""A scenario's phrases as Allure's steps, each ``Then`` with its Field/Expected/Actual table."""

from allure_commons.model2 import Status, StatusDetails, TestStepResult
from allure_commons.types import AttachmentType

from support.allure import pages
from support.allure.attachments import Attachments
from support.allure.judgement import EXECUTOR
from support.judgement.observations.registry import ALWAYS, HEADINGS
from support.record.evidence import Evidence, Observation
from support.record.outcome import Outcome, StepOutcome

_STATUSES = {"passed": Status.PASSED, "skipped": Status.SKIPPED, "untested": Status.SKIPPED}


def steps_of(outcome: Outcome, record: Evidence | None, attachments: Attachments, start: int) -> list[TestStepResult]:
    """The steps of ``outcome``; durations are true, their start is where the step before ended.

    :param start: milliseconds since 1970.
    """
    left = list(record.observations) if record else []
    steps = []
    for step in outcome.steps:
        end = start + round(step.seconds * 1000)
        shown = TestStepResult(name=step.phrase, start=start, stop=end, status=_status(step), stage="finished")
        if step.message:
            shown.statusDetails = StatusDetails(message=step.message, trace=step.trace)
        observed = _observed(step, left)
        if observed:
            left = left[len(observed) :]
            title = "Field / Expected / Actual"
            shown.attachments = [attachments.add(title, pages.observations(observed), AttachmentType.HTML)]
        elif step.table:
            shown.attachments = [attachments.add("Table", pages.step_table(step.table), AttachmentType.HTML)]
        if step.text:
            shown.attachments.append(attachments.add("Text", step.text, AttachmentType.TEXT))
        steps.append(shown)
        start = end
    return steps


def _status(step: StepOutcome) -> str:
    if step.blames:
        return Status.FAILED if step.blames == EXECUTOR else Status.BROKEN
    return _STATUSES.get(step.status, Status.BROKEN)


def _observed(step: StepOutcome, left: list[Observation]) -> list[Observation]:
    """The observations that this step made: its rows, in their order, and the one that is always made."""
    if not step.table or step.table[0] != HEADINGS or not left:
        return []
    fields = [row[0] for row in step.table[1:]] + [ALWAYS[0]]
    observed = left[: len(fields)]
    return observed if [row.field for row in observed] == fields else []
