"""The HTML report of one or several runs.

Makes ``reports/allure-report/``, and the same in one file that can be mailed, ``reports/allure-report.html``. Needs
Node.js with npm; the first time npm installs Allure 3, as pinned beside this file, into ``.tools/``. Opens nothing.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from support.allure.judgement import CATEGORIES
from support.allure.results import RESULTS
from support.record.envelope import BadEvidence
from support.record.reading import read
from support.resultlog.merging import merge, verdict_of
from support.settings import PROJECT

HERE = Path(__file__).resolve().parent
TOOLS = PROJECT / ".tools"
PINS = ("package.json", "package-lock.json")
REPORT, HISTORY = "allure-report", "allure-history.jsonl"
NODE_MISSING = (
    "The Allure report needs Node.js 20 or newer with npm, and {} is not there: install it (Debian, Ubuntu:"
    " apt-get install nodejs npm) and try again. Nothing else needs it: results, log and verdict are in {}."
)
INSTALL_SECONDS, GENERATE_SECONDS = 600, 300

_ANALYTICS = re.compile(
    r'<script async src="https://www\.googletagmanager\.com/[^>]*></script>\s*<script>.*?</script>', re.DOTALL
)
"""The script with which the report would tell Allure's makers whenever somebody opens it."""


class ReportError(Exception):
    """The report cannot be made; ``str()`` is the one line a person reads."""


def make(runs: list[Path], reports: Path) -> Path:
    """Make the report of ``runs`` in ``reports`` and return its folder.

    :raises ReportError: there are no results, Node.js or npm is not there, or Allure does not do it.
    """
    for run in runs:
        if not any((run / RESULTS).glob("*-result.json")):
            raise ReportError(f"There are no Allure results in {run / RESULTS}: run behave first.")
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise ReportError(NODE_MISSING.format(program, reports))
    allure = _installed()
    name = "Executor v1 acceptance, run " + " and ".join(run.name for run in runs)
    if (history := reports / HISTORY).exists():  # made again, a report of the same runs adds nothing to the trend
        lines = history.read_text("utf-8").splitlines(keepends=True)
        history.write_text("".join(line for line in lines if json.loads(line)["name"] != name), encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="allure-", dir=reports) as work:
        output = Path(work) / "out"
        config = Path(work) / "allurerc.json"
        config.write_text(json.dumps(_config(name, output, history, variables_of(runs))), encoding="utf-8")
        command = ["node", str(allure), "generate", "--config", str(config), "--cwd", work]
        _run([*command, *(str(run / RESULTS) for run in runs)], Path(work), GENERATE_SECONDS)
        folder, single = output / "awesome", output / "single" / "index.html"
        for page in (folder / "index.html", single):
            text = _ANALYTICS.sub("", page.read_text("utf-8"), count=1)
            if "googletagmanager.com" in text:
                raise ReportError(f"{page.name} still calls a tracker; the pinned version of Allure changed")
            page.write_text(text, encoding="utf-8")
        shutil.rmtree(reports / REPORT, ignore_errors=True)
        folder.rename(reports / REPORT)
        single.replace(reports / f"{REPORT}.html")
    return reports / REPORT


def _installed() -> Path:
    """Allure's program, installed exactly as pinned if it is not there yet; raises ReportError where npm cannot do it."""
    folder = TOOLS / "allure"
    program = folder / "node_modules" / "allure" / "cli.js"
    if program.exists() and all((folder / pin).read_bytes() == (HERE / pin).read_bytes() for pin in PINS):
        return program
    TOOLS.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix="allure-", dir=TOOLS))
    try:
        for pin in PINS:
            shutil.copyfile(HERE / pin, fresh / pin)
        print("Installing Allure with npm, this once …", file=sys.stderr)
        _run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], fresh, INSTALL_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return program


def _run(command: list[str], folder: Path, seconds: float) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=seconds, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ReportError(f"{' '.join(command[:3])} did not work: {error}") from error
    if done.returncode:
        words = (done.stderr.strip() or done.stdout.strip()).splitlines()[-15:]
        raise ReportError(f"{' '.join(command[:3])} failed with exit status {done.returncode}:\n" + "\n".join(words))


def _config(name: str, output: Path, history: Path, variables: dict[str, str]) -> dict[str, Any]:
    """``allurerc.json`` with what differs from report to report; its plugin makes the folder and the single file."""
    config: dict[str, Any] = json.loads((HERE / "allurerc.json").read_text("utf-8"))
    awesome = config["plugins"]["awesome"]
    awesome["options"]["reportName"] = name
    config["plugins"]["single"] = {**awesome, "options": {**awesome["options"], "singleFile": True}}
    categories = json.loads(CATEGORIES.read_text("utf-8"))
    rules = [{**category, "groupByMessage": False, "expand": True} for category in categories]
    files = {"output": str(output), "historyPath": str(history)}
    return {**config, **files, "name": name, "variables": variables, "categories": {"rules": rules}}


def variables_of(runs: list[Path]) -> dict[str, str]:
    """What stands above the results: the decision; of several runs the one of all, for a share alone is never enough."""
    try:
        if len(runs) > 1:
            return {"Decision": verdict_of(merge([read(run) for run in runs]))["decision"]}
        return {"Decision": json.loads((runs[0] / "verdict.json").read_text("utf-8"))["decision"]}
    except BadEvidence as error:
        return {"Decision": f"none: {error}"}
    except OSError:
        return {"Decision": "none: the run was cut off"}
