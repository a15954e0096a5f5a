"""One run's folder of Allure results: a file for each scenario, and the files that describe the run."""

import json
import os
import platform
import threading
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import attr
from allure_commons.logger import AllureFileLogger
from allure_commons.mapping import labels_set, parse_tag
from allure_commons.model2 import GlobalError, Globals, Label, Link, Parameter, Status, StatusDetails, TestResult
from allure_commons.types import LabelType, Severity
from allure_commons.utils import md5, platform_label

from support.allure.attachments import Attachments
from support.allure.judgement import CATEGORIES, RED, Judgement
from support.allure.stepping import steps_of
from support.clock import now
from support.files import shown
from support.form import PRIORITIES, TEST_CASES
from support.record.evidence import Secrets
from support.record.outcome import Outcome, Trouble
from support.record.reading import Record
from support.record.run_record import RunRecord

EPIC = "Executor v1 acceptance"
RUN_FEATURE = "The run itself"


class Results:
    """Writes results into ``folder``, which has to be new; a result written again takes the place of the earlier one.

    :param run_folder: where the logs of the run are.
    """

    def __init__(self, folder: Path, run_folder: Path, record: RunRecord, secrets: Secrets) -> None:
        self.folder, self._run_folder, self._record, self._secrets = folder, run_folder, record, secrets
        self._logger = AllureFileLogger(folder)
        self._common = [
            Label(LabelType.EPIC, EPIC),
            Label(LabelType.PARENT_SUITE, EPIC),
            Label(LabelType.HOST, platform.node()),
            Label(LabelType.THREAD, f"{os.getpid()}-{threading.current_thread().name}"),
            Label(LabelType.FRAMEWORK, "behave"),
            Label(LabelType.LANGUAGE, platform_label()),
        ]

    def describe(self, environment: dict[str, str]) -> None:
        """Write the categories, and the environment as the report shows it."""
        _write_json(self.folder / "categories.json", CATEGORIES)
        lines = [f"{_escaped(key)} = {' '.join(str(value).split())}\n" for key, value in environment.items() if value]
        text = self._secrets.masked("".join(lines))
        (self.folder / "environment.properties").write_text(text, encoding="utf-8")

    def scenario(self, outcome: Outcome, judgement: Judgement, record: Record | None) -> None:
        """Write the result of a scenario.

        :param record: its evidence, if it left any.
        """
        test_case_id = md5(outcome.full_name)
        parameters = [Parameter(name=name, value=value) for name, value in outcome.parameters]
        uuid = self._uuid(f"{outcome.location} {outcome.full_name}")
        start, stop = (record.started, record.ended or record.started) if record else [self._record.started] * 2
        red = judgement.status in RED
        attachments = Attachments(self._logger, uuid, self._run_folder, self._record.time_zone, red, self._secrets)
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
            parameters=parameters,
            labels=self._labels(outcome, judgement, [tag for tag in tags if isinstance(tag, Label)]),
            links=[tag for tag in tags if isinstance(tag, Link)],
        )
        result.steps = steps_of(outcome, record, attachments, result.start)
        result.attachments = attachments.of_test(record) if record else []
        self._write(result, uuid)

    def run_trouble(self, number: int, trouble: Trouble) -> None:
        """Write the result of something that went wrong outside of every scenario, as a broken one and as an error."""
        uuid, name, when = self._uuid(f"{RUN_FEATURE} {number}"), f"{RUN_FEATURE}: {trouble.where}", now()
        details = StatusDetails(message=f"{trouble.message}\n\nBlame: {trouble.blames}")
        result = TestResult(
            uuid=uuid,
            name=name,
            fullName=name,
            testCaseId=md5(name),
            historyId=md5(name),
            status=Status.BROKEN,
            statusDetails=details,
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
        self._write(result, uuid)
        error = GlobalError(
            message=f"{trouble.where}: {trouble.message}", trace=details.trace, timestamp=_milliseconds(when)
        )
        self._write(Globals(errors=[error]), uuid)

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
        lines = [judgement.message, ""]
        lines += [f"Blame: {judgement.blames}"] if judgement.blames else []
        lines += [f"Log: {shown(log)}" for log in record.logs] if record else []
        lines.append(f"Again: behave {outcome.location}")
        traces = [step.trace for step in outcome.steps if step.trace]
        return StatusDetails(message="\n".join(lines), trace="\n".join(traces) or None)

    def _uuid(self, what: str) -> str:
        return str(uuid5(NAMESPACE_URL, f"{self._record.run_id} {what}"))

    def _write(self, item: TestResult | Globals, uuid: str) -> None:
        """Write ``item`` under a name of its own, so that a later result of the same scenario takes its place."""
        _mask(item, self._secrets)
        if isinstance(item, Globals):
            item.file_pattern = f"{uuid}-globals.json"
            self._logger.report_globals(item)
        else:
            item.file_pattern = f"{uuid}-result.json"
            self._logger.report_result(item)


def _mask(item: Any, secrets: Secrets) -> None:
    """Take the secrets out of every text of ``item``, in place."""
    for name in (a.name for a in attr.fields(type(item))):
        value = getattr(item, name)
        if isinstance(value, str):
            setattr(item, name, secrets.masked(str(value)))
        elif isinstance(value, list):
            setattr(item, name, [secrets.masked(v) if isinstance(v, str) else v for v in value])
            for part in (v for v in value if attr.has(type(v))):
                _mask(part, secrets)
        elif attr.has(type(value)):
            _mask(value, secrets)


def _milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970, as Allure has times."""
    return round(moment.timestamp() * 1000)


def _escaped(key: str) -> str:
    """A key of a properties file."""
    return key.replace("\\", "\\\\").replace(" ", "\\ ").replace(":", "\\:").replace("=", "\\=")


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
