"""Of every obligation of the contract is known how it is judged: by a rule, a Field, a scenario, the preflight, or not at all."""

import re
import tomllib

import pytest

from support.judgement.fields import REGISTRY
from support.judgement.obligations import HOW
from support.judgement.rules import RULES
from support.run.selection import all_features, scenarios_of
from tests.documents.test_contract_ids import IDS
from tests.harness.running import PROJECT

TABLE = tomllib.loads(HOW.read_text("utf-8"))
BY_RULES = {name for rule in RULES.values() for name in rule.of}
JUDGED = BY_RULES | {name for how in ("fields", "scenarios", "preflight") for name in TABLE[how]}


def test_every_id_is_judged_or_it_is_said_why_not():
    assert JUDGED | set(TABLE["not_judged"]) == set(IDS)


def test_what_is_judged_is_not_called_not_judged():
    assert JUDGED & set(TABLE["not_judged"]) == set()


def test_only_what_is_judged_is_judged_in_part():
    assert set(TABLE["in_part"]) - JUDGED == set()


def test_the_ids_of_one_area_are_in_the_order_of_their_numbers():
    def order(name):
        area, _, number = name.rpartition("-")
        return area, int(number)

    for how, part in TABLE.items():
        areas = {area: [name for name in part if order(name)[0] == area] for area, _ in map(order, part)}
        for names in areas.values():
            assert names == sorted(names, key=order), how


def test_every_field_of_the_table_is_one():
    assert {field for fields in TABLE["fields"].values() for field in fields} - set(REGISTRY) == set()


def test_every_field_that_judges_an_executor_is_of_some_id():
    """The others say what the situation was, and not what the executor had to do."""
    situations = {
        "ADD INDEX successful", "Index created", "Worker 1 crashed", "Worker 1 claimed successfully", "Lease expired",
        "Degradation measured by the server", "Samples in the metrics window", "Verification failed", "Rollback attempted",
        "Error message recorded",
    }  # fmt: skip

    assert set(REGISTRY) - {field for fields in TABLE["fields"].values() for field in fields} == situations


def test_every_scenario_of_the_table_is_there():
    names = {re.sub(r" -- @.*", "", scenario.name) for scenario in scenarios_of(all_features())}

    assert {name for scenarios in TABLE["scenarios"].values() for name in scenarios} - names == set()


def test_every_look_of_the_preflight_is_there():
    source = (PROJECT / "support" / "checks" / "executor.py").read_text("utf-8")
    looks = set(re.findall(r'findings\.look\("([^"]+)"', source))

    assert {look for looks in TABLE["preflight"].values() for look in looks} - looks == set()


@pytest.mark.parametrize("part", ["in_part", "not_judged"])
def test_a_reason_is_one_sentence(part):
    for name, reason in TABLE[part].items():
        assert re.fullmatch(r"[A-Z][^\n]+\.", reason), name
        assert len(re.findall(r"[.!?](?:\s|\Z)", reason)) == 1, name


def test_a_reason_names_only_rules_and_ids_that_are_there():
    text = " ".join([*TABLE["in_part"].values(), *TABLE["not_judged"].values()])

    assert set(re.findall(r"\bC-[A-Z]+-\d+\b", text)) <= set(IDS)
    assert set(re.findall(r"\bR-\d+\b", text)) <= set(RULES)
