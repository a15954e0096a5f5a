"""``make matrix``: the ten test cases on every server that can be fetched, one after another, and one table of them all.

``python -m support.commands.matrix [SERVER …] [-D name=value …]``. A SERVER is what the setting ``server`` takes. Each run leaves
all that a run leaves in ``reports/matrix/<server>``; the table goes to ``reports/matrix.md`` too. Exit status: 0 if every
server is APPROVED with every test case passed, else 1.
"""

import argparse
import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.catalogue import TEST_CASES
from support.errors import SettingsError
from support.result_words import APPROVED, BLOCKED, NOT_APPLICABLE, NOT_RUN, PASS
from support.resultlog.markdown import cell, line
from support.run.signals import signals_as_interrupts
from support.servers.packages import FETCHABLE
from support.settings import PROJECT, Settings
from support.terminal import Terminal, table

VERDICT, OUTPUT, PAGE = "verdict.json", "output.txt", "matrix.md"
ON_A_SERVER_OF_ITS_OWN = {"stack": "embedded", "mysql_host": ""}


@dataclass(frozen=True)
class Judged:
    """What a run on one server came to. ``verdict`` is the content of its verdict.json; None if it left none."""

    server: str
    folder: Path
    exit_status: int
    seconds: float
    verdict: dict[str, Any] | None

    @property
    def version(self) -> str | None:
        """What the server calls itself; None if there was none to run on."""
        return self.verdict["environment"].get("MySQL Server") if self.verdict else None

    @property
    def decision(self) -> str:
        """No verdict at all is no better than a bad one."""
        return self.verdict["decision"] if self.verdict else BLOCKED

    @property
    def approved(self) -> bool:
        """APPROVED, and every test case passed, as behave says too."""
        every = self.verdict and all(case["result"] == PASS for case in self.verdict["test_cases"].values())
        return bool(every) and self.decision == APPROVED and self.exit_status == 0

    def result_of(self, case_id: str) -> str:
        """PASS, FAIL or NOT RUN, and how many scenarios cannot hold on this server."""
        case = self.verdict["test_cases"][case_id] if self.verdict else {}
        left_out = case.get("scenarios_not_applicable")
        return case.get("result", NOT_RUN) + (f", {left_out} {NOT_APPLICABLE}" if left_out else "")

    def scenarios(self) -> str:
        """How many ran, of those that can hold, and how many cannot."""
        cases = self.verdict["test_cases"].values() if self.verdict else ()
        counts = [sum(case[f"scenarios{name}"] for case in cases) for name in ("_run", "", "_not_applicable")]
        return f"{counts[0]} of {counts[1]} ran" + (f", {counts[2]} cannot hold" if counts[2] else "")

    def remarks(self) -> list[str]:
        """What has to be said besides the table: the reasons of the decision that say more than their numbers."""
        if self.verdict is None:
            return [f"there is no verdict (exit status {self.exit_status}); see {shown(self.folder / OUTPUT)}"]
        reasons = self.verdict["reasons"][1:]
        return reasons if self.version else [reason for reason in reasons if not reason.endswith(f": {NOT_RUN}")]


def main(arguments: list[str]) -> int:
    """Do what the command line says; see the module."""
    parser = argparse.ArgumentParser(prog="python -m support.commands.matrix", description=__doc__.split("\n")[0])
    parser.add_argument("servers", nargs="*", metavar="SERVER", help=f"default: {' '.join(FETCHABLE)}")
    parser.add_argument("-D", action="append", default=[], metavar="NAME=VALUE", help="a setting for all the runs")
    options, terminal = parser.parse_args(arguments), Terminal()
    try:
        given = dict(pair.partition("=")[::2] for pair in options.D)
        reports = Settings.read(given).reports_folder
    except SettingsError as error:
        terminal.trouble(error.blames, str(error))
        return 1
    servers = list(dict.fromkeys(options.servers or FETCHABLE))
    terminal.say(
        f"The ten test cases on {len(servers)} servers, one after another, about a minute and a half each:", ""
    )
    judged: list[Judged] = []
    try:
        with signals_as_interrupts():
            for server in servers:
                one = run(server, reports / "matrix", given)
                terminal.say(f"  {one.server}: {one.version or 'could not be had'}: {terminal.coloured(one.decision)}")
                judged.append(one)
    except KeyboardInterrupt:
        terminal.trouble("interrupted", f"after {len(judged)} of {len(servers)} servers")
    lines, good = (
        summary(judged, len(servers), terminal),
        len(judged) == len(servers) and all(one.approved for one in judged),
    )
    page = reports / PAGE
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(markdown(judged, len(servers)), encoding="utf-8")
    terminal.say("", *lines, f"The table and each run's evidence: {shown(page)}, {shown(reports / 'matrix')}/")
    return 0 if good else 1


def run(server: str, matrix: Path, settings: dict[str, str]) -> Judged:
    """Run the suite on a server, in a process of its own, with a folder of its own in ``matrix``."""
    folder = matrix / (re.sub(r"[^A-Za-z0-9.]+", "-", server).strip("-.") or "server")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / VERDICT).unlink(missing_ok=True)  # that of an earlier run is none of this one's
    chosen = {**settings, **ON_A_SERVER_OF_ITS_OWN, "server": server, "reports": str(folder)}
    defines = [word for name, value in chosen.items() for word in ("-D", f"{name}={value}")]
    began = time.monotonic()
    with (folder / OUTPUT).open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "behave", *defines], cwd=PROJECT, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for this process, which ends the run once
        )  # fmt: skip
        try:
            status = process.wait()
        except BaseException:
            process.terminate()  # it ends in order, with all that it has started
            process.wait()
            raise
    seconds = time.monotonic() - began
    verdict = folder / VERDICT
    content = json.loads(verdict.read_text(encoding="utf-8")) if verdict.exists() else None
    return Judged(server, folder, status, seconds, content)


def summary(judged: list[Judged], wanted: int, terminal: Terminal) -> list[str]:
    """The tables and what has to be said besides, as lines; ``wanted`` servers were asked for."""
    header, rows = _by_case(judged)
    servers = [_about(one) for one in judged]
    lines = [*table(rows, header), "", *table(servers, ABOUT)] if judged else []
    lines += [f"  - {one.server}: {remark}" for one in judged for remark in one.remarks()]
    good = sum(one.approved for one in judged)
    return [*lines, "", f"{good} of {wanted} servers: {terminal.coloured(APPROVED)} with every test case passed."]


ABOUT = ["Server", "Version", "Scenarios", "Decision", "Time"]


def _about(one: Judged) -> list[str]:
    return [one.server, one.version or "could not be had", one.scenarios(), one.decision, f"{one.seconds:.0f} s"]


def _by_case(judged: list[Judged]) -> tuple[list[str], list[list[str]]]:
    header = ["TC", "Prio", "Test case", *(one.server for one in judged)]
    rows = [
        [case.id, case.priority, case.name, *(one.result_of(case.id) for one in judged)] for case in TEST_CASES.values()
    ]
    return header, rows


def markdown(judged: list[Judged], wanted: int) -> str:
    """The page ``matrix.md``."""
    header, rows = _by_case(judged)
    good = sum(one.approved for one in judged)
    lines = ["# The ten test cases, server by server", ""]
    lines += [f"{good} of {wanted} servers: APPROVED with every test case passed.", ""]
    lines += [*_table(ABOUT, [_about(one) for one in judged]), "", *_table(header, rows), ""]
    lines += [f"- {one.server}: {line(remark)}" for one in judged for remark in one.remarks()]
    logs = ", ".join(f"[{one.server}](matrix/{one.folder.name}/result-log.md)" for one in judged if one.verdict)
    return "\n".join([*lines, "", f"Result logs: {logs or 'none'}"]) + "\n"


def _table(header: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(map(cell, row))} |" for row in (header, ["---"] * len(header), *rows)]


def shown(path: Path) -> str:
    """``path`` as seen from the project's folder."""
    return str(path.relative_to(PROJECT)) if path.is_relative_to(PROJECT) else str(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
