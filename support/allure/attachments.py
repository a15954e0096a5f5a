"""The evidence of a scenario as attachments of its result: bounded when it passed, complete when it did not."""

from dataclasses import dataclass
from pathlib import Path

from allure_commons.model2 import ATTACHMENT_PATTERN, Attachment
from allure_commons.types import AttachmentType

from support.allure import pages, timeline
from support.clock import Clock
from support.files import write_whole
from support.record.evidence import Secrets
from support.record.reading import Record

LOG_LINES_WHEN_GREEN, LOG_BYTES_WHEN_GREEN = 200, 20_000


@dataclass
class Attachments:
    """Writes the attachments of one result, which is ``red`` or not, into ``folder``; their names follow from its uuid."""

    folder: Path
    uuid: str
    run_folder: Path
    clock: Clock
    red: bool
    secrets: Secrets
    count: int = 0

    def add(self, name: str, body: str, kind: AttachmentType) -> Attachment:
        """Write ``body``, secrets masked."""
        self.count += 1
        file = ATTACHMENT_PATTERN.format(prefix=f"{self.uuid}-{self.count}", ext=kind.extension)
        write_whole(self.folder / file, self.secrets.masked(body))
        return Attachment(name=name, source=file, type=kind.mime_type)

    def of_test(self, record: Record) -> list[Attachment]:
        """What belongs to the scenario as a whole, the picture first."""
        clock, red, picture = self.clock, self.red, timeline.svg(record, self.clock)
        shown = [
            ("Timeline", picture or record.facts, pages.facts(record, clock, picture)),
            ("Calls of the workers", record.calls, pages.wire(record, clock, red)),
            ("Schema changes the server counted", record.changes, pages.statements(record, clock)),
            ("The contract, sentence by sentence", record.rules, pages.contract(record)),
            ("Database verification", record.queries, pages.queries(record, clock, red)),
        ]
        found = [self.add(title, page, AttachmentType.HTML) for title, there, page in shown if there]
        found += [self._log(name) for name in record.logs]
        if red:
            text = (self.run_folder / record.path).read_text("utf-8")
            found.append(self.add("Evidence record", text, AttachmentType.JSON))
        return found

    def _log(self, name: str) -> Attachment:
        path = next((p for p in (Path(name), self.run_folder / name) if p.exists()), None)
        text = path.read_text("utf-8", "replace") if path else f"{name} is not there\n"
        if not self.red:
            text = bounded(text, name)
        return self.add(f"Log of {Path(name).stem}", text, AttachmentType.TEXT)


def bounded(text: str, name: str) -> str:
    """The last lines of a log, under a line that says so if there were more."""
    lines = "".join(text.splitlines(keepends=True)[-LOG_LINES_WHEN_GREEN:])
    short = lines.encode()[-LOG_BYTES_WHEN_GREEN:].decode("utf-8", "ignore")
    return short if short == text else f"[the last lines only; all of them: {name}]\n{short}"
