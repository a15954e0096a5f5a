"""The command ``acceptance``: help, words that are wrong, and every exit status, as real processes have them."""

import json
import os
import re
import signal
import subprocess
import sys

import pytest
from rich.cells import cell_len

from support.commands.__main__ import GROUPS
from support.commands.__main__ import acceptance as acceptance_group
from support.commands.command_line import INTERRUPTED, NOTHING_DONE, status_of
from support.result_words import PASS
from support.resultlog import publishing
from support.run.runner import AcceptanceRunner
from support.run.verdict_table import show_verdict
from support.terminal import Terminal
from support.waiting import eventually
from tests.harness.running import PATIENCE, PROJECT, done, start, verdict_of
from tests.resultlog.test_resultlog_data import LOCATIONS, RUN, make_run

MODULE = [sys.executable, "-m", "support.commands"]
NAMES = [
    "again",
    "bench",
    "compare",
    "judge",
    "matrix",
    "merge",
    "mutate",
    "preflight",
    "prove",
    "report",
    "run",
    "shard",
    "signoff",
]


def acceptance(*arguments, **environment):
    return done([*MODULE, *map(str, arguments)], **environment)


def piped(words, head, **environment):
    """(exit status, what it said on stderr) of a command whose output goes to ``head``, which closes the pipe early."""
    reader = subprocess.Popen(["sh", "-c", head], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    if head == "true":
        reader.wait(PATIENCE)  # the pipe is closed before anything is written
    ended = subprocess.run(
        words, cwd=PROJECT, env={**os.environ, **environment}, stdout=reader.stdin, stderr=subprocess.PIPE, text=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip
    reader.stdin.close()
    reader.wait(PATIENCE)
    return ended.returncode, ended.stderr


# -- help and words -----------------------------------------------------------------------------------------------


def test_every_command_is_on_the_first_page_and_the_usual_order_stands_before_them():
    status, page = acceptance("--help")

    assert status == 0
    assert sorted(str(one.name) for commands in GROUPS.values() for one in commands) == NAMES
    places = [page.index(words) for words in ("acceptance run ", "result-log.html", "acceptance signoff ", "\n  run ")]
    assert places == sorted(places)
    for name in NAMES:
        assert re.search(rf"^  {name} +[A-Z].*[^.]\w*[.?]$", page, re.MULTILINE), name


@pytest.mark.parametrize("name", NAMES)
def test_the_help_of_a_command_says_how_it_is_used_and_how_it_ends(name):
    status, page = acceptance(name, "--help")

    assert status == 0, page
    assert page.startswith(f"Usage: acceptance {name}")
    assert "Exit status" in page
    assert name == "bench" or f"acceptance {name}" in page.partition("Example")[2]


def test_nothing_at_all_shows_the_page_and_is_no_success():
    status, page = acceptance()

    assert status == NOTHING_DONE
    assert page == acceptance("--help")[1]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["sinoff"], "signoff"),
        (["signoff", "--verfy"], "--verify"),
        (["run", "--tagz=@P0"], "--tags"),
        (["shard", "--off", "2"], "--of"),
        (["matrix", "--defin", "x=1"], "--define"),
        (["prove", "--cse", "TC-01"], "--case"),
        (["mutate", "--mutant", "3"], "--mutants"),
        (["bench", "--tagz=@P0"], "--tags"),
    ],
)
def test_a_wrong_word_gets_the_nearest_right_one(arguments, word):
    status, output = acceptance(*arguments)

    assert status == NOTHING_DONE
    assert re.search(rf"Did you mean.*'{word}'", output), output
    assert len(output.splitlines()) == 1, output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["merge", "--of", "2"], "Missing option '--into'"),
        (["merge", "--of", "x", "--into", "y"], "'x' is not a valid integer"),
        (["signoff", "/no/such/folder"], "the evidence: /no/such/folder: there is no such folder"),
        (["signoff", "--into"], "requires an argument"),
        (["preflight", "-D", "leese=1"], "the settings: unknown setting 'leese'"),
        (["report", "extra", "--open"], "No such option '--open'"),
        (["mutate", "--mutants", "3", "--share", "0.2"], "--mutants or --share, not both"),
        (["prove", "no-such-mutant"], "no-such-mutant"),
    ],
)
def test_bad_input_is_one_line_and_2(arguments, words):
    status, output = acceptance(*arguments)

    assert status == NOTHING_DONE
    assert words in output
    assert len(output.splitlines()) == 1, output


@pytest.mark.parametrize("arguments", [["--tagz=@P0"], ["--tags=@P0 and"], ["-f", "nosuch"], ["--jobs", "0"]])
def test_wrong_words_leave_no_older_verdict(reports, arguments):
    publishing.publish(make_run(reports), reports)

    status, _ = acceptance("run", "-D", f"reports={reports}", *arguments)

    assert status == NOTHING_DONE
    assert not (reports / "verdict.json").exists()
    assert RUN in (reports / "result-log.md").read_text(), "the last whole run's, which says when it was"
    assert RUN in (reports / "index.html").read_text()


def test_a_run_takes_everything_that_behave_takes(reports):
    """Also an option cut short, several of one kind, and what behave's own formatter prints."""
    status, output = acceptance(
        "run", "--tags=@P0", "--tags=@TC-02", f"-Dreports={reports}", "-D", "tester=Somebody", "-f", "plain", "--no-summ",
        "features/kill_switch.feature",
    )  # fmt: skip

    assert status == 4, output
    assert "Scenario: TC-02 Kill Switch Before Start" in output
    assert "setting tester = Somebody" in output
    assert verdict_of(reports)["test_cases"]["TC-02"]["scenarios_run"] >= 1


def test_in_another_folder_nothing_is_run_with_this_code(tmp_path):
    for arguments in (["run"], ["shard", "--of", "2", "--index", "0", "--into", tmp_path / "shards"]):
        status, output = done([*MODULE, *map(str, arguments)], tmp_path, PYTHONPATH=str(PROJECT))

        assert status == NOTHING_DONE
        assert f"runs are started in the project's folder, {PROJECT}" in output
        assert len(output.splitlines()) == 1


@pytest.mark.parametrize("name", ["prove", "mutate"])
def test_without_the_tests_what_needs_them_says_so_in_one_line(project, name):
    """The copy has no tests; it is a package on the path and nothing else, as in the image."""
    status, output = done([*MODULE, name, "--help"], project, PYTHONPATH=str(project))

    assert status == NOTHING_DONE
    assert "is not in this installation" in output
    assert len(output.splitlines()) == 1


def test_the_installed_command_is_the_module():
    installed = f"{sys.prefix}/bin/acceptance"
    assert done([installed, "--help"]) == acceptance("--help")


# -- exit statuses ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failing", "decision", "status"),
    [((), "APPROVED", 0), (("TC-01",), "CONDITIONAL", 3), (("TC-09",), "BLOCKED", 4)],
)
def test_signoff_ends_with_the_decision_also_where_nobody_reads_it(reports, failing, decision, status):
    folder = make_run(reports, failing={LOCATIONS[case_id][1] for case_id in failing})

    assert acceptance("signoff", folder)[0] == status
    assert verdict_of(folder)["decision"] == decision
    for head in ("head -1", "true"):
        assert piped([*MODULE, "signoff", str(folder)], head) == (status, "")


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["prove", "--list"], ["prove", "--help"]])
def test_a_page_that_nobody_reads_is_no_failure(arguments):
    assert piped([*MODULE, *arguments], "true") == (0, "")


def test_an_output_that_is_closed_or_full_is_no_traceback(reports):
    folder = make_run(reports)

    closed, said = done(["bash", "-c", f"exec >&-; {sys.executable} -m support.commands signoff {folder}"])
    assert (closed, said) == (0, "")
    full, said = done(["bash", "-c", f"{sys.executable} -m support.commands signoff {folder} > /dev/full"])
    assert full == NOTHING_DONE
    assert "No space left on device" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("encoding", ["latin-1", "tis-620", "ascii"])
def test_an_output_that_cannot_show_every_letter_changes_no_status(reports, encoding):
    folder = make_run(reports, failing={LOCATIONS["TC-09"][1]})

    status, output = acceptance("signoff", folder, PYTHONIOENCODING=encoding)

    assert status == 4
    assert "Decision: BLOCKED" in output


def test_a_run_whose_output_nobody_reads_ends_with_its_decision(reports):
    words = [*MODULE, "run", "--tags=@TC-02", "-D", f"reports={reports}"]

    assert piped(words, "true") == (4, "")
    verdict = verdict_of(reports)
    assert verdict["test_cases"]["TC-02"]["result"] == PASS
    assert not any("Broken pipe" in reason for reason in verdict["reasons"])


def test_what_nobody_foresaw_is_never_1(monkeypatch, capsys):
    """A mistake in the suite is the one thing that shows its traceback; as a run's status 1 it would say APPROVED."""
    monkeypatch.setattr("support.commands.signoff.decide", lambda *_: 1 / 0)

    assert status_of(acceptance_group, ["signoff"], "acceptance") == NOTHING_DONE
    assert "ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("decision", "failed", "status"),
    [("APPROVED", 0, 0), ("APPROVED", 1, 1), ("CONDITIONAL", 1, 3), ("BLOCKED", 1, 4), (None, 1, 2), (None, 0, 2)],
)
def test_a_run_ends_with_its_decision(monkeypatch, decision, failed, status):
    monkeypatch.chdir(PROJECT)
    monkeypatch.setattr("support.commands.run.behave_main", lambda _: failed)
    monkeypatch.setattr(AcceptanceRunner, "decision", decision)

    assert status_of(acceptance_group, ["run"], "acceptance") == status


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_interrupted_is_blocked(reports, number):
    process, _ = start(reports, "--tags=@TC-10", program=[*MODULE, "run"])
    process.send_signal(number)

    assert process.wait(PATIENCE) == 4
    verdict = verdict_of(reports)
    assert "the run was interrupted" in verdict["reasons"]
    assert verdict["scope"] in ("partial", "refused")
    record = json.loads((reports / "latest" / "run.json").read_text())
    assert record["clean_up"], "what was cleaned up is told, of a run that is stopped, too"


def test_a_merging_that_is_interrupted_is_130(tmp_path):
    (tmp_path / "shard-0").mkdir()
    _interrupted(["merge", "--of", "1", "--into", str(tmp_path)], tmp_path / "merged")


def _interrupted(arguments, never):
    ready = "import sys, support.commands.__main__ as door; print('ready', flush=True); sys.argv[1:] = {}; door.main()"
    process = subprocess.Popen(
        [sys.executable, "-c", ready.format(arguments)], cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    assert process.stdout.readline() == "ready\n"
    eventually(lambda: _sleeps(process.pid), within=PATIENCE, what="a command that waits")
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=PATIENCE)

    assert process.returncode == INTERRUPTED
    assert "Traceback" not in output
    assert not never.exists()


def _sleeps(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "S"


def test_a_matrix_that_is_interrupted_ends_its_run_and_is_1(tmp_path):
    process = subprocess.Popen(
        [*MODULE, "matrix", "auto", "-D", f"reports={tmp_path}"], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    folder = tmp_path / "matrix" / "auto"
    eventually(lambda: list(folder.glob("runs/*/logs/*/worker-1.log")), within=PATIENCE, what="a worker at work")
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=PATIENCE)

    assert process.returncode == 1, output
    assert "interrupted: after 0 of 1 servers" in output
    assert verdict_of(folder)["decision"] == "BLOCKED"


def test_a_bench_that_is_interrupted_ends_its_run_and_is_130(reports):
    process = subprocess.Popen(
        [*MODULE, "bench", "--tags=@TC-10"], cwd=PROJECT, env={**os.environ, "ACCEPTANCE_REPORTS": str(reports)},
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    eventually(lambda: list(reports.glob("runs/*/logs/*/worker-1.log")), within=PATIENCE, what="a worker at work")
    process.send_signal(signal.SIGTERM)

    assert process.wait(PATIENCE) == INTERRUPTED
    assert "the run was interrupted" in verdict_of(reports)["reasons"]


def test_a_proof_that_is_interrupted_is_130(tmp_path):
    process = subprocess.Popen(
        [*MODULE, "prove", "--case", "TC-10", "--jobs", "1", "--into", str(tmp_path)], cwd=PROJECT, stdout=subprocess.PIPE,
        text=True, start_new_session=True,
    )  # fmt: skip
    assert "TC" in process.stdout.readline() or process.poll() is None
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=PATIENCE)

    assert process.returncode == INTERRUPTED, output
    assert "Interrupted: the runs that go on are ended in order" in output


# -- the verdict's table ------------------------------------------------------------------------------------------


class Screen:
    """A terminal that a person looks at, or not; as many columns as it likes."""

    def __init__(self, looks):
        self.text, self.isatty = "", lambda: looks

    def write(self, text):
        self.text += text

    def flush(self):
        """Nothing is kept back."""


def test_a_run_in_part_tells_what_ran_and_the_rest_in_a_line(reports):
    folder = make_run(reports, only=LOCATIONS["TC-07"], failing={LOCATIONS["TC-07"][1]})
    acceptance("signoff", folder)
    screen = Screen(looks=False)
    show_verdict(Terminal(screen), verdict_of(folder), "here")

    assert [line[:5] for line in screen.text.splitlines() if line.startswith("TC-")] == ["TC-07"]
    assert "test cases passed" not in screen.text
    assert screen.text.count("2 of 22 scenarios, of TC-07") == 1
    assert screen.text.count("did not run, or only in part: P0 TC-02, P0 TC-03, P0 TC-09, P1 TC-01") == 1


@pytest.mark.parametrize(
    ("looks", "environment", "coloured"), [(True, {}, 1), (True, {"NO_COLOR": "1"}, 0), (False, {}, 0)]
)
def test_the_verdict_is_coloured_only_where_a_person_looks(monkeypatch, reports, looks, environment, coloured):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    folder = make_run(reports, failing={LOCATIONS["TC-07"][1]})
    acceptance("signoff", folder)
    screen = Screen(looks)
    show_verdict(Terminal(screen), verdict_of(folder), "here")

    assert ("\033[31mTC-07" in screen.text) == bool(coloured)
    assert ("\033[" in screen.text) == bool(coloured)
    assert any(cell_len(line) > 80 for line in screen.text.splitlines()), "not wrapped"
    assert "9 of 10 test cases passed.\n" in screen.text
