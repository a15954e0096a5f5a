"""The evidence of a scenario as attachments of its result: bounded when it passed, complete when it did not."""

from pathlib import Path

from allure_commons.logger import AllureFileLogger
from allure_commons.model2 import ATTACHMENT_PATTERN, Attachment
from allure_commons.types import AttachmentType

from support.allure import pages, timeline
from support.clock import Clock
from support.record.evidence import Secrets
from support.record.reading import Record

LOG_LINES_WHEN_GREEN, LOG_BYTES_WHEN_GREEN = 200, 20_000


class Attachments:
    """Writes the attachments of one result; their names follow from its uuid."""

    def __init__(
        self, logger: AllureFileLogger, uuid: str, run_folder: Path, zone: str, red: bool, secrets: Secrets
    ) -> None:
        self._logger, self._uuid, self._run_folder = logger, uuid, run_folder
        self._clock, self._red, self._secrets = Clock(zone), red, secrets
        self._count = 0

    def add(self, name: str, body: str, kind: AttachmentType) -> Attachment:
        """Write ``body``, secrets masked."""
        self._count += 1
        file = ATTACHMENT_PATTERN.format(prefix=f"{self._uuid}-{self._count}", ext=kind.extension)
        self._logger.report_attached_data(self._secrets.masked(body), file)
        return Attachment(name=name, source=file, type=kind.mime_type)

    def of_test(self, record: Record) -> list[Attachment]:
        """What belongs to the scenario as a whole, the picture first."""
        found, clock, red = [], self._clock, self._red
        picture = timeline.svg(record, clock)
        if picture or record.facts:
            found.append(self.add("Timeline", pages.facts(record, clock, picture), AttachmentType.HTML))
        if record.wire:
            found.append(self.add("Calls of the workers", pages.wire(record, clock, red), AttachmentType.HTML))
        if record.statements:
            title = "Schema changes the server counted"
            found.append(self.add(title, pages.statements(record, clock), AttachmentType.HTML))
        if record.queries:
            found.append(self.add("Database verification", pages.queries(record, clock, red), AttachmentType.HTML))
        found += [self._log(name) for name in record.logs]
        if red:
            text = (self._run_folder / record.path).read_text("utf-8")
            found.append(self.add("Evidence record", text, AttachmentType.JSON))
        return found

    def _log(self, name: str) -> Attachment:
        path = next((p for p in (Path(name), self._run_folder / name) if p.exists()), None)
        text = path.read_text("utf-8", "replace") if path else f"{name} is not there\n"
        if not self._red:
            text = bounded(text, name)
        return self.add(f"Log of {Path(name).stem}", text, AttachmentType.TEXT)


def bounded(text: str, name: str) -> str:
    """The last lines of a log, under a line that says so if there were more."""
    lines = "".join(text.splitlines(keepends=True)[-LOG_LINES_WHEN_GREEN:])
    short = lines.encode()[-LOG_BYTES_WHEN_GREEN:].decode("utf-8", "ignore")
    return short if short == text else f"[the last lines only; all of them: {name}]\n{short}"
