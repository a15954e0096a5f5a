"""The rules of the contract: each is kept, broken, not tried, or, where clocks decide, unknown, in a history for it."""

import ast
import inspect
import json
from dataclasses import dataclass, replace

import pytest

from support.judgement.rules import RULES, contract_rules, judge_all, registry
from support.judgement.rules.registry import BROKEN, KEPT, NOT_TRIED, SAFETY, UNKNOWN
from tests.documents.test_contract_ids import IDS
from tests.judgement.api_examples import API_EXAMPLES, MORE
from tests.judgement.histories import RIGHT, RUN, moment
from tests.judgement.rule_examples import EXAMPLES as OF_WORKERS

EXAMPLES = OF_WORKERS | API_EXAMPLES


def state(rule, story):
    return {one.rule: one for one in judge_all(story.build())}[rule]


CASES = [
    pytest.param(rule, wanted, story, id=f"{rule}-{wanted}-{number}{'-more' * (examples is MORE.get(rule))}")
    for rule, examples in [*EXAMPLES.items(), *MORE.items()]
    for wanted, stories in examples.by_state().items()
    for number, story in enumerate(stories)
]


@pytest.mark.parametrize(("rule", "wanted", "story"), CASES)
def test_a_rule(rule, wanted, story):
    judged = state(rule, story)

    assert (judged.state, judged.because) == (wanted, "" if wanted in (KEPT, NOT_TRIED) else judged.because)
    if wanted == BROKEN:
        assert judged.because
        assert judged.who


def test_every_rule_has_its_examples():
    assert sorted(EXAMPLES) == sorted(RULES)
    for rule, examples in EXAMPLES.items():
        assert examples.kept, f"{rule}: no history in which it is kept"
        assert len(examples.broken) > 1, f"{rule}: two different histories in which it is broken are needed"
        assert examples.not_tried, f"{rule}: no history in which it is not tried"
        assert bool(examples.unknown) != bool(examples.always_known), (
            f"{rule}: unknown where clocks decide, or why never"
        )


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_history_breaks_no_rule_at_all(name):
    judged = judge_all(RIGHT[name]().build())

    assert [f"{one.rule} {one.because}" for one in judged if one.state not in (KEPT, NOT_TRIED)] == []
    assert contract_rules(judged).verdict == "PASS"


def test_every_rule_is_kept_in_some_right_history_or_needs_more_than_one():
    kept = {one.rule for right in RIGHT.values() for one in judge_all(right().build()) if one.state == KEPT}

    assert set(RULES) - kept == {"R-04", "R-16", "R-22", "R-53", "R-55", "R-76"}


def test_every_rule_cites_what_the_contract_says_and_says_it_in_both_languages():
    for rule in RULES.values():
        assert rule.of, rule.id
        assert set(rule.of) <= set(IDS), rule.id
        assert len(set(rule.of)) == len(rule.of), rule.id
        assert rule.english.endswith("."), rule.id
        assert any("\u0e00" <= letter <= "\u0e7f" for letter in rule.thai), rule.id


ALLOWED = (
    "support.contract",
    "support.history",
    "support.judgement.rules",
    "support.record.evidence",
    "support.result_words",
)
LIBRARY = {
    "collections", "collections.abc", "dataclasses", "datetime", "fractions", "http", "json", "re", "typing", "urllib.parse",
}  # fmt: skip


@pytest.mark.parametrize("module", sorted({inspect.getmodule(rule.judge).__name__ for rule in RULES.values()}))
def test_rules_read_nothing_but_the_history(module):
    """They import nothing that could look elsewhere, take one argument, and ask no clock."""
    source = inspect.getsource(inspect.getmodule(next(r.judge for r in RULES.values() if r.judge.__module__ == module)))
    tree = ast.parse(source)
    imported = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    imported += [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
    called = {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }

    assert [name for name in imported if name not in LIBRARY and not name.startswith(ALLOWED)] == []
    assert called & {"now", "utcnow", "today", "open", "read_text"} == set()
    for rule in RULES.values():
        assert list(inspect.signature(rule.judge).parameters) == ["history"], rule.id


def test_a_history_is_the_same_after_it_was_judged():
    for right in RIGHT.values():
        history = right().build()
        judge_all(history)
        assert history == right().build()


GRANTED_A_MINUTE = json.dumps(
    {"claim_token": "t", "claimed_at": "2026-11-23T12:00:00Z", "lease_expires_at": "2026-11-23T12:01:00Z"}
)

# -- the mechanism ------------------------------------------------------------------------------------------------


@dataclass
class Shelf:
    """The registry with one rule of the test's own, and nothing else."""

    rulings: list

    def judged(self, monkeypatch):
        monkeypatch.setattr(registry, "RULES", {})
        registry.rule("R-99", SAFETY, "C-RUN-1", thai="ทดสอบ")(self._judge)
        return judge_all(RIGHT["completed"]().build())[0]

    def _judge(self, history):
        """It is a rule."""
        for one in self.rulings:
            if isinstance(one, Exception):
                raise one
            yield one


def at(seconds, holds, because="x"):
    return registry.ruling(holds, because, "worker 1", moment(seconds))


@pytest.mark.parametrize(
    ("rulings", "wanted"),
    [
        ([], (NOT_TRIED, 0, "")),
        ([at(1, True)], (KEPT, 1, "")),
        ([at(1, True), at(2, None), at(4, False, "late"), at(3, False, "early")], (BROKEN, 4, "early")),
        ([at(1, None, "near"), at(2, True)], (UNKNOWN, 2, "near")),
        ([at(1, True), OSError("gone")], (UNKNOWN, 0, "the rule failed: OSError: gone")),
    ],
)
def test_of_many_occasions_the_first_breach_counts_and_what_nobody_saw_is_not_kept(monkeypatch, rulings, wanted):
    judged = Shelf(rulings).judged(monkeypatch)

    assert (judged.state, judged.times, judged.because) == wanted


def test_a_number_is_given_once():
    with pytest.raises(ValueError, match="two rules have the number R-01"):
        registry.rule("R-01", SAFETY, "C-RUN-1", thai="")(lambda history: iter(()))


def test_the_row_of_a_scenario_names_every_broken_rule_whose_breach_is_red():
    story = RIGHT["completed"]().change("look", answer="").change("add", text="ALTER TABLE test_orders ENGINE=InnoDB")
    row = contract_rules(judge_all(story.build()))

    assert (row.field, row.expected, row.verdict) == ("Contract rules", "kept", "FAIL")
    assert row.actual.startswith("broken: R-")
    assert "R-21" in row.actual
    assert "R-21 A worker sends no schema change but" in row.because


def test_a_broken_rule_of_records_alone_is_not_red():
    story = RIGHT["not_undone"]()
    judged = judge_all(story.known(audit=[{"action": "rollback_failed", "details": "no JSON"}]).build())

    assert [one.rule for one in judged if one.state == BROKEN] == ["R-73"]
    assert contract_rules(judged).verdict == "PASS"


def test_an_id_of_another_case_is_another_run():
    other = replace(RUN, id=RUN.id.upper())

    assert state("R-75", RIGHT["completed"]().known(run=other)).state == BROKEN


@pytest.mark.parametrize(
    ("rule", "story", "who"),
    [
        ("R-50", RIGHT["completed"]().change("claim", lease=0.5), "worker 1"),
        ("R-50", RIGHT["completed"]().change("claim", lease=0.5, answer=GRANTED_A_MINUTE), "the SaaS API"),
        ("R-36", RIGHT["completed"]().row(message=None), "the SaaS API"),
        ("R-70", RIGHT["rolled_back"]().known(rollbacks=[]), "the SaaS API"),
        ("R-70", RIGHT["rolled_back"]().without("record"), "worker 1"),
        ("R-75", RIGHT["completed"]().known(foreign_rows=["audit_logs worker-1"]), "the SaaS API"),
    ],
)
def test_blame_follows_from_what_was_said(rule, story, who):
    judged = next(one for one in judge_all(story.build()) if one.rule == rule)

    assert (judged.state, judged.who) == (BROKEN, who)
