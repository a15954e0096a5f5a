"""The HTML report: made with Node.js, opened in a browser."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from behave.model_type import Status

from support.allure import report
from support.allure.recorder import AllureRecorder
from support.clock import now
from support.form import TEST_CASES
from support.judgement.rules.registry import CONTRACT_RULES
from support.record.evidence import Evidence, Observation, RunRecord, Secrets, write
from support.run.behave_watch import BehaveWatch
from support.run.selection import all_features, expected_scenarios, location_of, scenarios_of

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--virtual-time-budget=15000"]  # fmt: skip
OPEN_THE_TABLES = """<script>setTimeout(() => {
  const click = (name, words) => document.querySelectorAll(`[data-testid="${name}"]`).forEach((e) => {
    if (e.textContent.includes(words)) (e.querySelector("button") || e).click();
  });
  click("test-result-step-header", "result log");
  setTimeout(() => click("test-result-attachment-header", "Field / Expected / Actual"), 1500);
  setTimeout(() => document.querySelectorAll("iframe").forEach((frame) => {
    const copy = document.createElement("pre");
    copy.textContent = "IN THE FRAME: " + (frame.contentDocument?.body?.innerText || "");
    document.body.append(copy);
  }), 4500);
}, 2500);</script></body>"""


def needs(program: str | None, what: str) -> None:
    if program is None:
        pytest.skip(f"NOT TESTED: {what} is not installed, so the HTML report was not opened")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of a run in which every scenario of the suite passed, without having run any."""
    needs(shutil.which("node") and shutil.which("npm"), "Node.js with npm")
    reports = tmp_path_factory.mktemp("reports")
    make_run(reports / "runs" / "run-1")
    return report.make([reports / "runs" / "run-1"], reports)


def make_run(folder: Path) -> None:
    """Evidence and results as a green run leaves them, from the real features."""
    features = all_features()
    scenarios = scenarios_of(features)
    expected, locations = expected_scenarios(features), [location_of(scenario) for scenario in scenarios]
    record = RunRecord(
        folder.name, now(), "Asia/Bangkok", "", "", [], expected, locations, environment={"Stack": "embedded"}
    )
    secrets, watch = Secrets([]), BehaveWatch(scenarios)
    recorder = AllureRecorder(folder, record, secrets, watch.planned())
    for scenario in scenarios:
        for outcome in watch.begin(scenario):
            recorder.settle(outcome)
        table = next(step.table for step in scenario.steps if step.table)
        rows = [Observation(row["Field"], row["Expected"], row["Expected"], "PASS") for row in table.rows]
        rows.append(Observation("Unexpected changes", "None", "None", "PASS"))
        rows.append(Observation(CONTRACT_RULES, "kept", "kept", "PASS"))
        kept = Evidence("", scenario.name, scenario.feature.name, location_of(scenario), [], "", result="PASS")
        kept.observations, kept.ended = rows, now()
        write(kept, folder / "evidence", secrets)
        for step in scenario.all_steps:
            step.status = Status.passed
        scenario.set_status(Status.passed)
    for outcome in watch.end().settled:
        recorder.settle(outcome)
    assert recorder.conclude(failed=False, left=[], elsewhere=[], aborted=False) == []
    (folder / "verdict.json").write_text(json.dumps({"decision": "APPROVED"}), encoding="utf-8")


def opened(page: Path, fragment: str = "") -> str:
    """The page's own text after its scripts have run, served as from a web server."""
    needs(BROWSER, "Chromium")
    handler = partial(SimpleHTTPRequestHandler, directory=str(page.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, tempfile.TemporaryDirectory() as profile:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/{page.name}{fragment}"
        command = [BROWSER, *FLAGS, f"--user-data-dir={profile}", "--dump-dom", address]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        server.shutdown()
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_page_shows_the_ten_test_cases_and_the_decision(made):
    shown = opened(made.with_suffix(".html"))
    assert [
        case.id for case in TEST_CASES.values() if f"{case.id} {case.name}" not in re.sub("&amp;", "&", shown)
    ] == []
    assert "APPROVED" in shown


def test_a_then_table_can_be_read_in_the_page(made, tmp_path):
    results = [json.loads(path.read_text("utf-8")) for path in (made / "data" / "test-results").glob("*.json")]
    chosen = next(result["id"] for result in results if result["name"] == "TC-03 Kill Switch After ADD INDEX")
    page = tmp_path / "page.html"
    html = made.with_suffix(".html").read_text("utf-8")
    head, _, tail = html.rpartition("</body>")
    page.write_text(head + OPEN_THE_TABLES + tail, encoding="utf-8")
    shown = opened(page, f"#{chosen}")
    table = shown[shown.index("<pre>IN THE FRAME") :]
    assert "Field\tExpected\tActual" in table
    assert "fail_reason\tkill_switch\tkill_switch" in table
    assert "rows as expected" in table


def test_neither_page_calls_home(made):
    for page in (made / "index.html", made.with_suffix(".html")):
        assert not re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="https?:', page.read_text("utf-8"))


def test_a_trend_shows_each_run_once(made):
    reports = made.parent
    report.make([reports / "runs" / "run-1"], reports)
    make_run(reports / "runs" / "run-2")
    report.make([reports / "runs" / "run-2"], reports)
    points = [json.loads(line) for line in (reports / report.HISTORY).read_text("utf-8").splitlines()]
    assert [point["name"].rpartition(" ")[2] for point in points] == ["run-1", "run-2"]
    assert points[0]["testResults"].keys() == points[1]["testResults"].keys()


def test_without_node_one_line_says_what_to_install(tmp_path):
    make_run(tmp_path / "runs" / "run-1")
    environment = {**os.environ, "PATH": "/nowhere", "ACCEPTANCE_REPORTS": str(tmp_path)}
    command = [sys.executable, "-m", "support.commands", "report", str(tmp_path / "runs" / "run-1")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "install it" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_without_results_one_line_says_so(tmp_path):
    with pytest.raises(report.ReportError, match="run behave first"):
        report.make([tmp_path], tmp_path)


def test_the_pins_name_no_registry():
    lock = json.loads((report.HERE / "package-lock.json").read_text("utf-8"))
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]
    assert all("integrity" in package for name, package in lock["packages"].items() if name)
