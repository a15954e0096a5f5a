"""The log as Markdown and as a page, both from the same model."""

import functools
from pathlib import Path

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined, Template
from jinja2.bccache import Bucket
from markupsafe import Markup, escape

from support.form import form
from support.resultlog import appendix, markdown, rows
from support.resultlog.boxes import Choice
from support.resultlog.model import Log

TEMPLATES = Path(__file__).with_name("templates")
MARKDOWN, PAGE = "result-log.md", "result-log.html"
TICKED = {"good": "✅", "bad": "❌", "warn": "⚠️"}
EMPTY = "⬜"
SIGNS = {
    "🔴": '<span class="dot bad"></span>',
    "🟠": '<span class="dot warn"></span>',
    "🟢": '<span class="dot good"></span>',
    "✅": '<b class="good">✓</b>',
    "❌": '<b class="bad">✗</b>',
    "⚠️": '<b class="warn">⚠</b>',
}
"""What the page shows for a pictograph: a machine that prints may have no font with it."""
BLANK = "______________________"


class _Kept(FileSystemBytecodeCache):
    """Compiled templates beside Python's own compiled modules; where nothing can be written, compiled each time."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep one, if that is possible."""
        try:
            Path(self.directory).mkdir(exist_ok=True)
            super().dump_bytecode(bucket)
        except OSError:
            pass  # a folder that is not ours to write in: slower, and all the same


def as_markdown(log: Log) -> str:
    """``result-log.md``."""
    return _template(f"{MARKDOWN}.j2").render(log=log)


def as_page(log: Log) -> str:
    """``result-log.html``: one file that needs nothing else."""
    return _template(f"{PAGE}.j2").render(log=log)


@functools.cache
def _template(name: str) -> Template:
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8").strip()
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=name.startswith(PAGE),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        bytecode_cache=_Kept(str(TEMPLATES / "__pycache__")),
    )
    environment.globals |= {"form": form(), "rows": rows, "appendix": appendix, "style": Markup(style)}
    environment.filters |= {
        "cell": markdown.cell,
        "line": markdown.line,
        "fenced": markdown.fenced,
        "comment": markdown.comment,
        "boxes": boxes,
        "signs": signs,
        "or_blank": lambda text: BLANK if text is None else markdown.cell(text),
    }
    return environment.get_template(name)


def boxes(choice: Choice) -> str:
    """The boxes of a choice as the form has them: ``✅ Pass / ⬜ Fail``."""
    shown = [
        f"{TICKED[box.kind] if box.ticked else EMPTY} {f'**{box.word}**' if box.strong else box.word}"
        for box in choice.boxes
    ]
    return " / ".join(shown) + (f" — {markdown.cell(choice.note)}" if choice.note else "")


def signs(text: str) -> Markup:
    """``text`` with its pictographs drawn; the rest escaped."""
    shown = str(escape(text))
    for pictograph, drawn in SIGNS.items():
        shown = shown.replace(pictograph, drawn)
    return Markup(shown)
