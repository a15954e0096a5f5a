"""What a run has left is judged again: by the history alone, and what is different is named."""

import pytest

from support.commands.command_line import status_of
from support.commands.judge import judge
from support.judgement.rules import judge_all
from support.judgement.rules.registry import BROKEN, KEPT
from support.record.evidence import Judged
from tests.judgement.histories import DROP, rolled_back
from tests.resultlog.test_resultlog_data import LOCATIONS, make_run

FIRST = LOCATIONS["TC-03"][0]


def history():
    """A run that is right, but that its DROP INDEX does not ask for INPLACE."""
    return rolled_back().change("drop", text=DROP.replace("ALGORITHM=INPLACE, ", "")).build()


@pytest.fixture
def judged(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ACCEPTANCE_REPORTS", str(tmp_path))

    def run(**record):
        folder = make_run(tmp_path, only=[FIRST], records={FIRST: record})
        return status_of(judge, [str(folder)], "acceptance judge"), capsys.readouterr()

    return run


def test_a_history_that_is_read_back_is_judged_as_it_was(judged):
    there = history()
    status, said = judged(history=there, rules=judge_all(there))

    assert status == 0
    assert "1 histories" in said.out
    assert "R-20        1" in said.out, "its DROP INDEX does not ask for INPLACE"


def test_another_judgement_is_named(judged):
    there = history()
    rules = [Judged(one.rule, KEPT if one.rule == "R-20" else one.state, one.times) for one in judge_all(there)]
    status, said = judged(history=there, rules=rules)

    assert judge_all(there)[[one.rule for one in rules].index("R-20")].state == BROKEN, (
        "its DROP does not ask for INPLACE"
    )
    assert status == 1
    assert "R-20 was kept and is broken" in said.out


def test_a_run_without_histories_is_one_line(judged):
    status, said = judged()

    assert status == 2
    assert "this run has left no history" in said.out + said.err
