"""``acceptance matrix``: all test cases on every server that can be fetched, and one table of them all."""

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from support.commands.command_line import process, settings_option
from support.errors import SettingsError
from support.files import shown, write_whole
from support.judgement.verdict import verdict
from support.result_words import APPROVED, NOT_RUN, PASS
from support.resultlog.blocks import Table
from support.resultlog.publishing import VERDICT, withdraw
from support.resultlog.rendering import template
from support.run.verdict_table import Verdict, beside
from support.servers.packages import FETCHABLE
from support.settings import EMBEDDED, Settings
from support.terminal import Terminal, table

OUTPUT = "output.txt"
NO_SERVER = "could not be had"
ABOUT = ["Server", "Version", "Scenarios", "Decision", "Time"]


@dataclass(frozen=True)
class Judged:
    """What a run on one server came to: its folder, exit status, duration and verdict."""

    server: str
    folder: Path
    exit_status: int
    seconds: float
    verdict: Verdict

    @property
    def version(self) -> str:
        """What the server calls itself, or that there was none to run on."""
        return str(self.verdict["environment"].get("MySQL Server", NO_SERVER))

    @property
    def approved(self) -> bool:
        """APPROVED, and every test case passed, as the run's exit status says too."""
        every = all(case["result"] == PASS for case in self.verdict["test_cases"].values())
        return every and self.verdict["decision"] == APPROVED and self.exit_status == 0

    def scenarios(self) -> str:
        """How many ran, of those that can hold, and how many cannot."""
        cases = self.verdict["test_cases"].values()
        ran, can, cannot = (sum(case[f"scenarios{name}"] for case in cases) for name in ("_run", "", "_not_applicable"))
        return f"{ran} of {can} ran" + (f", {cannot} cannot hold" if cannot else "")

    def remarks(self) -> list[str]:
        """What has to be said besides the table: the reasons of the decision that say more than their numbers."""
        said = (f": {NOT_RUN}",) if self.version == NO_SERVER else ()  # of every test case, by the table
        return [reason for reason in self.verdict["reasons"][1:] if not reason.endswith(said)]

    def about(self) -> list[str]:
        """The server's row in the second table."""
        return [self.server, self.version, self.scenarios(), self.verdict["decision"], f"{self.seconds:.0f} s"]


@click.command()
@click.argument("servers", nargs=-1, metavar="[SERVER]...")
@settings_option(help="A setting for all the runs.")
def matrix(servers: tuple[str, ...], given: dict[str, str]) -> int:
    """Run all test cases on several servers; one table.

    One server after another, about a minute and a half each. A SERVER is what the setting server takes; without any, all
    that can be fetched. Each run leaves all that a run leaves in reports/matrix/SERVER; the table goes to
    reports/matrix.md, too.

    \b
    Examples:
      acceptance matrix
      acceptance matrix mysql-9.7 mysql-5.6
      acceptance matrix -D agent_command='/opt/executor/agent {execution_id}'

    \b
    Exit status:
      0  every server is APPROVED with every test case passed
      1  one is not, a setting is wrong, or it was interrupted
    """
    terminal = Terminal()
    try:
        reports = Settings.read(given).reports_folder
    except SettingsError as error:
        terminal.trouble(error.blames, str(error))
        return 1
    wanted = list(dict.fromkeys(servers or FETCHABLE))
    terminal.say(f"All test cases on {len(wanted)} servers, one after another, about a minute and a half each:", "")
    judged: list[Judged] = []
    try:
        for server in wanted:
            one = judge(server, reports / "matrix", given)
            terminal.say(f"  {one.server}: {one.version}: {terminal.coloured(one.verdict['decision'])}")
            judged.append(one)
    except KeyboardInterrupt:
        terminal.trouble("interrupted", f"after {len(judged)} of {len(wanted)} servers")
    page = reports / "matrix.md"
    write_whole(page, markdown(judged, len(wanted)))
    terminal.say("", *summary(judged, len(wanted), terminal))
    terminal.say(f"The table and each run's evidence: {shown(page)}, {shown(reports / 'matrix')}/")
    return 0 if len(judged) == len(wanted) and all(one.approved for one in judged) else 1


def judge(server: str, home: Path, settings: Mapping[str, str]) -> Judged:
    """Run the suite on a server, in a process of its own, with a folder of its own in ``home``."""
    folder = home / (re.sub(r"[^A-Za-z0-9.]+", "-", server).strip("-.") or "server")
    folder.mkdir(parents=True, exist_ok=True)
    withdraw(folder)  # the verdict of an earlier run is none of this one's
    chosen = {**settings, "stack": EMBEDDED, "mysql_host": "", "server": server, "reports": str(folder)}
    defines = [word for name, value in chosen.items() for word in ("-D", f"{name}={value}")]
    began = time.monotonic()
    with (folder / OUTPUT).open("wb") as output:
        status = process(["support.commands", "run", *defines], output)
    seconds = time.monotonic() - began
    left = folder / VERDICT
    content = json.loads(left.read_text(encoding="utf-8")) if left.exists() else no_verdict(folder, status)
    return Judged(server, folder, status, seconds, content)


def no_verdict(folder: Path, exit_status: int) -> Verdict:
    """That of a run which left none: no better than a bad one."""
    why = f"there is no verdict (exit status {exit_status}); see {shown(folder / OUTPUT)}"
    return verdict("", [], {}, {}, [why])


def summary(judged: Sequence[Judged], wanted: int, terminal: Terminal) -> list[str]:
    """The tables and what has to be said besides, as lines; ``wanted`` servers were asked for."""
    header, rows = beside({one.server: one.verdict for one in judged})
    lines = [*table(rows, header), "", *table([one.about() for one in judged], ABOUT)] if judged else []
    lines += [f"  - {one.server}: {remark}" for one in judged for remark in one.remarks()]
    return [*lines, "", _count(judged, wanted, terminal.coloured(APPROVED))]


def markdown(judged: Sequence[Judged], wanted: int) -> str:
    """The page ``matrix.md``."""
    cases = Table(*beside({one.server: one.verdict for one in judged}))
    about, count = Table(ABOUT, [one.about() for one in judged]), _count(judged, wanted, APPROVED)
    return template("matrix.md.j2").render(judged=judged, count=count, about=about, cases=cases)


def _count(judged: Sequence[Judged], wanted: int, approved: str) -> str:
    return f"{sum(one.approved for one in judged)} of {wanted} servers: {approved} with every test case passed."
