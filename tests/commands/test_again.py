"""Every command that is offered does the same again: with the settings of the run, whatever they hold."""

import json
import shlex
import sys

import pytest

from support.again import again
from support.commands.again import again as again_command
from support.commands.command_line import status_of
from support.settings import Settings
from tests.harness.running import behave, done, evidence_of, log_of, verdict_of
from tests.resultlog.test_resultlog_data import LOCATIONS, RUN, make_run

IDLE_AGENT = """
import os, urllib.request
urllib.request.urlopen(os.environ["SAAS_API_URL"] + "/health").read()
"""
ONE = "features/claiming.feature:5"
NASTY = "node 'my agent.js' $HOME \"{execution_id}\" `x` ส"


def test_a_command_carries_every_setting_as_a_shell_reads_it():
    words = shlex.split(again([("agent_command", NASTY), ("jobs", "2")], "features/x.feature:3"))

    assert words == [
        "acceptance", "run", "-D", f"agent_command={NASTY}", "-D", "jobs=2", "features/x.feature:3"
    ]  # fmt: skip


def test_a_secret_is_the_name_of_its_variable_and_refused_by_a_shell_without_it(tmp_path):
    settings = Settings.read({"api_secret": "hidden-from-all"}, {}, tmp_path / "no.toml").shown()
    command = again(settings, ONE)

    assert "hidden-from-all" not in command
    echo = command.replace("acceptance run", "env", 1)
    assert done(["bash", "-c", echo])[0] != 0
    assert "ACCEPTANCE_API_SECRET=mine" in done(["bash", "-c", echo.split(ONE)[0]], ACCEPTANCE_API_SECRET="mine")[1]


def test_a_secret_in_the_file_is_found_there_by_every_run(tmp_path):
    file = tmp_path / "acceptance.toml"
    file.write_text('api_secret = "hidden"\nserver = "mariadb"', encoding="utf-8")

    settings = Settings.read({"server": "auto"}, {}, file).shown()

    assert again(settings, ONE) == f"acceptance run -D server=auto {ONE}", "what the file says is overruled again"


@pytest.fixture
def idle(reports):
    """The words of a run with an agent that is red, and needs quotes."""
    agent = reports.parent / "an agent.py"
    agent.write_text(IDLE_AGENT)
    return ["-D", f"agent_command={sys.executable} '{agent}' {{execution_id}}"]


def offered(text):
    """Every command that a text offers."""
    return {
        line[line.index("acceptance run") :].strip("` ") for line in text.splitlines() if "acceptance run -D" in line
    }


def test_what_a_red_run_offers_is_red_again_and_so_is_acceptance_again(reports, idle):
    _, output = behave(reports, ONE, *idle)
    told = {command for command in offered(output) if command.endswith(ONE)}
    in_allure = {
        line.removeprefix("Again: ")
        for path in (reports / "allure-results").glob("*-result.json")
        for line in json.loads(path.read_text())["statusDetails"]["message"].splitlines()
        if line.startswith("Again: ")
    }

    assert len(told) == 1, output
    assert in_allure == told
    assert told <= offered(log_of(reports)), "Repeat it with"
    assert all("an agent.py" in command for command in offered(log_of(reports))), "Run what did not run"
    (command,) = told
    first = verdict_of(reports)["run_id"]
    for words in (command, f"ACCEPTANCE_REPORTS={reports} acceptance again {first}"):
        status, said = done(["bash", "-c", f"PATH={sys.prefix}/bin:$PATH; {words}"])
        assert status == 4, said
        assert verdict_of(reports)["run_id"] != first
        (record,) = evidence_of(reports).values()
        assert (record["location"], record["result"]) == (ONE, "FAIL")


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ([("api_secret", "$ACCEPTANCE_API_SECRET")], "api_secret was a secret of that run: set ACCEPTANCE_API_SECRET"),
        ([("agent_environment", "KEY=********")], "setting agent_environment of that run has a secret in it"),
        ([], "a scenario of this name is not there any more: features/made.feature:"),
    ],
)
def test_what_cannot_be_the_same_again_is_refused(tmp_path, monkeypatch, capsys, settings, line):
    monkeypatch.setenv("ACCEPTANCE_REPORTS", str(tmp_path))
    name = "TC-09 Another" if not settings else "TC-01 Worker Claim Conflict"
    first = LOCATIONS["TC-01"][0]
    make_run(tmp_path, only=[first], failing={first}, settings=settings, records={first: {"name": name}})

    assert status_of(again_command, [RUN], "acceptance again") == 2
    assert line in capsys.readouterr().out


def test_a_run_without_anything_red_is_not_run_again(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ACCEPTANCE_REPORTS", str(tmp_path))
    make_run(tmp_path)

    assert status_of(again_command, [RUN], "acceptance again") == 2
    assert f"run {RUN}: nothing in it was red" in capsys.readouterr().out


@pytest.mark.parametrize("line", [999, 6, 1])
def test_a_line_where_no_scenario_begins_is_refused_and_the_one_before_named(reports, line):
    status, output = behave(reports, f"features/claiming.feature:{line}")

    if line == 1:  # the feature's own
        assert status == 0
        return
    assert status == 1
    assert (
        f"features/claiming.feature:{line}: no scenario begins there; the one before begins at features/claiming.feature:"
        in output
    )
    assert verdict_of(reports)["decision"] == "BLOCKED"
