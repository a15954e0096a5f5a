"""One run's folder of Allure results: a file for each scenario, and the files that describe the run."""

import json
import os
import platform
import threading
from datetime import datetime
from html import escape
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import attr
from allure_commons import model2
from allure_commons.mapping import labels_set, parse_tag
from allure_commons.model2 import Label, Status, StatusDetails, TestResult, TestStepResult
from allure_commons.types import AttachmentType, LabelType, Severity
from allure_commons.utils import md5, platform_label

from support.again import again
from support.allure import pages
from support.allure.attachments import Attachments
from support.allure.judgement import CATEGORIES, EXECUTOR, RED, Judgement
from support.clock import Clock, now
from support.files import shown, write_whole
from support.form import PRIORITIES, TEST_CASES
from support.judgement.cause import beside
from support.judgement.fields.registry import ALWAYS, HEADINGS
from support.judgement.rules.registry import CONTRACT_RULES
from support.record.evidence import Observation, RunRecord, Secrets
from support.record.outcome import Outcome, StepOutcome, Trouble
from support.record.reading import Record
from support.resultlog.blocks import Table

RESULTS = "allure-results"
EPIC = "Executor v1 acceptance"
RUN_FEATURE = "The run itself"
_STATUSES = {"passed": Status.PASSED, "skipped": Status.SKIPPED, "untested": Status.SKIPPED}


class Results:
    """Writes results into a folder of the run's own; one that is written again takes the place of the earlier one."""

    def __init__(self, run_folder: Path, record: RunRecord, secrets: Secrets) -> None:
        self.folder, self._run_folder, self._record, self._secrets = run_folder / RESULTS, run_folder, record, secrets
        self._common = [
            Label(LabelType.EPIC, EPIC),
            Label(LabelType.PARENT_SUITE, EPIC),
            Label(LabelType.HOST, platform.node()),
            Label(LabelType.THREAD, f"{os.getpid()}-{threading.current_thread().name}"),
            Label(LabelType.FRAMEWORK, "behave"),
            Label(LabelType.LANGUAGE, platform_label()),
        ]

    def describe(self) -> None:
        """Write the categories, and the environment as the report shows it."""
        record = self._record
        there = sum(len(locations) for locations in record.expected.values())
        environment = {
            "Run": record.run_id,
            "Scenarios": f"{len(record.selected)} of {there} selected",
            **record.environment,
            "Tester": record.tester,
            "Reviewer": record.reviewer,
            **{f"Setting {name}": value for name, value in record.settings},
        }
        write_whole(self.folder / CATEGORIES.name, CATEGORIES.read_bytes())
        escapes = str.maketrans({special: f"\\{special}" for special in "\\ :="})
        lines = [
            f"{key.translate(escapes)} = {' '.join(value.split())}\n" for key, value in environment.items() if value
        ]
        write_whole(self.folder / "environment.properties", self._secrets.masked("".join(lines)))

    def scenario(self, outcome: Outcome, judgement: Judgement, record: Record | None) -> None:
        """Write the result of a scenario; ``record`` is its evidence, if it left any."""
        test_case_id = md5(outcome.full_name)
        uuid = self._uuid(f"{outcome.location} {outcome.full_name}")
        start, stop = (record.started, record.ended or record.started) if record else [self._record.started] * 2
        clock, red = Clock(self._record.time_zone), judgement.status in RED
        attachments = Attachments(self.folder, uuid, self._run_folder, clock, red, self._secrets)
        tags = [parse_tag(tag) for tag in outcome.tags]
        result = TestResult(
            uuid=uuid,
            name=outcome.name,
            fullName=outcome.full_name,
            titlePath=[outcome.feature, *filter(None, [outcome.rule])],
            testCaseId=test_case_id,
            historyId=md5(test_case_id, *(f"{name}={value}" for name, value in outcome.parameters)),
            description=escape(outcome.description, quote=False).replace("\n", "  \n"),
            status=judgement.status,
            statusDetails=self._details(outcome, judgement, record),
            stage="finished",
            start=_milliseconds(start),
            stop=_milliseconds(stop),
            parameters=[model2.Parameter(name=name, value=value) for name, value in outcome.parameters],
            labels=self._labels(outcome, judgement, [tag for tag in tags if isinstance(tag, Label)]),
            links=[tag for tag in tags if isinstance(tag, model2.Link)],
        )
        result.steps = _steps(outcome, record, attachments, result.start)
        result.attachments = attachments.of_test(record) if record else []
        self._write(result, f"{uuid}-result.json")

    def run_trouble(self, number: int, trouble: Trouble) -> None:
        """Write the result of something that went wrong outside of every scenario, as a broken one and as an error."""
        uuid, name, when = self._uuid(f"{RUN_FEATURE} {number}"), f"{RUN_FEATURE}: {trouble.where}", now()
        result = TestResult(
            uuid=uuid,
            name=name,
            fullName=name,
            testCaseId=md5(name),
            historyId=md5(name),
            status=Status.BROKEN,
            statusDetails=StatusDetails(message=f"{trouble.message}\n\nBlame: {trouble.blames}"),
            stage="finished",
            start=_milliseconds(when),
            stop=_milliseconds(when),
            titlePath=[RUN_FEATURE],
            labels=[
                *self._common,
                *(Label(name, RUN_FEATURE) for name in (LabelType.FEATURE, LabelType.SUITE, LabelType.STORY)),
                Label(LabelType.SEVERITY, Severity.BLOCKER.value),
                Label("blames", trouble.blames),
            ],
        )
        self._write(result, f"{uuid}-result.json")
        error = model2.GlobalError(message=f"{trouble.where}: {trouble.message}", timestamp=_milliseconds(when))
        self._write(model2.Globals(errors=[error]), f"{uuid}-globals.json")

    def _labels(self, outcome: Outcome, judgement: Judgement, tags: list[Label]) -> list[Label]:
        case = TEST_CASES.get(outcome.id)
        story = f"{case.id} {case.name}" if case else outcome.id or outcome.feature
        labels = [
            *self._common,
            Label(LabelType.FEATURE, outcome.feature),
            Label(LabelType.STORY, story),
            Label(LabelType.SUITE, outcome.feature),
            Label(LabelType.SUB_SUITE, outcome.rule or story),
            Label("test_case", outcome.id),
            Label("priority", next((tag for tag in outcome.tags if tag in PRIORITIES), "")),
            Label("location", outcome.location),
            Label("owner", self._record.tester),
            Label("blames", judgement.blames or ""),
        ]
        known = [Label(LabelType.SEVERITY, Severity.NORMAL.value), *tags]
        return [*labels_set(known), *(label for label in labels if label.value)]

    def _details(self, outcome: Outcome, judgement: Judgement, record: Record | None) -> StatusDetails | None:
        if judgement.message is None:
            return None
        lines = [record.cause.sentence, *beside(record.history), ""] if record and record.cause else []
        lines += [judgement.message, ""]
        lines += [f"Blame: {judgement.blames}"] if judgement.blames else []
        lines += [f"Log: {shown(log)}" for log in record.logs] if record else []
        lines.append(f"Again: {again(self._record.settings, outcome.location)}")
        traces = [step.trace for step in outcome.steps if step.trace]
        return StatusDetails(message="\n".join(lines), trace="\n".join(traces) or None)

    def _uuid(self, what: str) -> str:
        return str(uuid5(NAMESPACE_URL, f"{self._record.run_id} {what}"))

    def _write(self, item: TestResult | model2.Globals, name: str) -> None:
        """Write ``item``, secrets masked, under a name by which a later result of the same scenario takes its place."""
        content = attr.asdict(
            item,
            filter=lambda _, value: value or value is False,
            value_serializer=lambda _, __, value: self._secrets.masked(value) if isinstance(value, str) else value,
        )
        write_whole(self.folder / name, json.dumps(content, ensure_ascii=False))


def _steps(outcome: Outcome, record: Record | None, attachments: Attachments, start: int) -> list[TestStepResult]:
    """The phrases as steps from ``start`` on, in milliseconds since 1970; as long as they were, one right after the other."""
    left = list(record.observations) if record else []
    steps = []
    for step in outcome.steps:
        end = start + round(step.seconds * 1000)
        status = _STATUSES.get(step.status, Status.BROKEN)
        if step.blames:
            status = Status.FAILED if step.blames == EXECUTOR else Status.BROKEN
        result = TestStepResult(name=step.phrase, start=start, stop=end, status=status, stage="finished")
        if step.message:
            result.statusDetails = StatusDetails(message=step.message, trace=step.trace)
        if observed := _observed(step, left):
            left = left[len(observed) :]
            table = pages.observations(observed)
            result.attachments.append(attachments.add("Field / Expected / Actual", table, AttachmentType.HTML))
        elif step.table:
            table = pages.page("Table", Table(step.table[0], step.table[1:]))
            result.attachments.append(attachments.add("Table", table, AttachmentType.HTML))
        if step.text:
            result.attachments.append(attachments.add("Text", step.text, AttachmentType.TEXT))
        steps.append(result)
        start = end
    return steps


def _observed(step: StepOutcome, left: list[Observation]) -> list[Observation]:
    """The observations that this step made: its rows, in their order, and those that are always made."""
    if not step.table or step.table[0] != HEADINGS:
        return []
    fields = [*(row[0] for row in step.table[1:]), ALWAYS[0], CONTRACT_RULES]
    observed = left[: len(fields)]
    return observed if [row.field for row in observed] == fields else []


def _milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970, as Allure has times."""
    return round(moment.timestamp() * 1000)
