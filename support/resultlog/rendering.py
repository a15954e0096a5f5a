"""The blocks of a report as Markdown and as a page: one file that needs nothing else."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from support.result_words import APPROVED, CONDITIONAL, NOT_RUN, PASS
from support.resultlog import markdown, rows
from support.resultlog.blocks import Log, Part

TEMPLATES = Path(__file__).with_name("templates")
MARKDOWN, PAGE = "result-log.md", "result-log.html"
SIGNS = {
    "🔴": '<span class="dot bad"></span>',
    "🟠": '<span class="dot warn"></span>',
    "🟢": '<span class="dot good"></span>',
    "✅": '<b class="good">✓</b>',
    "❌": '<b class="bad">✗</b>',
    "⚠️": '<b class="warn">⚠</b>',
}
"""What the page shows for a pictograph: a machine that prints may have no font with it."""


def as_markdown(log: Log) -> str:
    """``result-log.md``."""
    return template(f"{MARKDOWN}.j2").render(log=log)


def as_page(log: Log) -> str:
    """``result-log.html``."""
    title = f"{log.scope + ', ' if log.scope else ''}{log.decision} – Executor v1 result log {log.title}"
    return page(title, log.sections, "style.css", f"{PAGE}.j2", language="th", log=log)


def page(title: str, parts: Sequence[Part | Markup], style: str, name: str = "page.html.j2", **more: object) -> str:
    """Parts as a page with the CSS of ``style``; a ``Markup`` is HTML already. The template ``name`` may ask for ``more``."""
    css = Markup((TEMPLATES / style).read_text(encoding="utf-8").strip())
    return template(name).render(more, title=title, parts=parts, style=css)


@cache
def template(name: str) -> Template:
    """A file of ``templates``; one of HTML or SVG escapes what it is given."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=name.endswith((".html.j2", ".svg.j2")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {"rows": rows, "inline": markdown.inline, "part": markdown.part}
    environment.filters |= {"kind": lambda it: type(it).__name__, "signs": signs, "colour": colour}
    return environment.get_template(name)


def signs(text: str) -> Markup:
    """``text`` with its pictographs drawn; the rest escaped."""
    shown = str(escape(text))
    for pictograph, drawn in SIGNS.items():
        shown = shown.replace(pictograph, drawn)
    return Markup(shown)


def colour(result: str) -> str:
    """The class of a result or a decision on the page."""
    return "good" if result in (PASS, APPROVED) else "warn" if result in (NOT_RUN, CONDITIONAL) else "bad"
