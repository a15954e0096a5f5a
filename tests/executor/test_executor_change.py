"""Names, columns and the statements made of them."""

import re

import pytest

from executor_v1.agent import change, identifiers
from executor_v1.agent.identifiers import KeyPart, NameRefused

RUN = {
    "id": "run-1",
    "action": "ADD_INDEX",
    "table_name": "t",
    "index_name": "i",
    "columns": ["a"],
    "query_digests": None,
}


def read(**fields):
    return change.read({**RUN, **fields})


@pytest.mark.parametrize("name", ["a", "x" * 64, "select", "a`b", "; DROP TABLE x", "ตาราง", "a b", "%s", "a'b\"c\\"])
def test_any_name_that_a_server_can_hold_is_taken(name):
    assert identifiers.check(name, "table") == name


@pytest.mark.parametrize("name", ["", None, 7, "x" * 65, "a\0", "a\n", "a\x7f", "ends ", "😀", "\ud800"])
def test_other_names_are_refused(name):
    with pytest.raises(NameRefused):
        identifiers.check(name, "table")


def test_quoting_leaves_no_way_out():
    assert identifiers.quote("a`; DROP TABLE b; --") == "`a``; DROP TABLE b; --`"


def test_columns():
    assert identifiers.parse_parts(["a", "b(10)", "c (d)"]) == (KeyPart("a"), KeyPart("b", 10), KeyPart("c (d)"))


@pytest.mark.parametrize(
    "columns",
    [None, [], "a", [1], [""], ["a(0)"], ["a(3073)"], ["(5)x", ""], ["a", "A"], ["a", "a(3)"], [None], ["x" * 65]],
)
def test_bad_columns_are_refused(columns):
    with pytest.raises(NameRefused):
        identifiers.parse_parts(columns)


def test_statements():
    wanted = read(table_name="my`t", index_name="i", columns=["a", "b(10)"])
    online = "ALGORITHM=INPLACE, LOCK=NONE"
    comment = "COMMENT 'added by execution run run-1'"
    assert change.add_statement(wanted) == f"ALTER TABLE `my``t` ADD INDEX `i` (`a`, `b`(10)) {comment}, {online}"
    assert change.drop_statement(wanted) == f"ALTER TABLE `my``t` DROP INDEX `i`, {online}"


@pytest.mark.parametrize("run_id", ["a'b", "a\\", "x" * 65, "ก", "\ud800", "a (b"])
def test_an_id_of_another_form_leaves_no_way_out_of_the_comment(run_id):
    assert re.fullmatch(r"added by execution run sha256:[0-9a-f]{40}", change.comment(run_id))


@pytest.mark.parametrize("index_type", ["FULLTEXT", "SPATIAL"])
def test_other_types_are_named_in_the_statement(index_type):
    assert f" ADD {index_type} INDEX `i` " in change.add_statement(read(index_type=index_type))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"action": "DROP_INDEX"}, "out_of_scope"),
        ({"action": "add_index"}, "out_of_scope"),
        ({"action": None}, "out_of_scope"),
        ({"index_type": "HASH"}, "out_of_scope"),
        ({"table_name": ""}, "validation_error"),
        ({"index_name": "primary"}, "validation_error"),
        ({"columns": "a"}, "validation_error"),
        ({"query_digests": ["xyz"]}, "validation_error"),
        ({"query_digests": "a" * 32}, "validation_error"),
    ],
)
def test_what_is_not_carried_out(fields, reason):
    with pytest.raises(change.ChangeRefused) as refusal:
        read(**fields)
    assert refusal.value.fail_reason == reason


def test_digests_are_lower_case_and_unique():
    assert read(query_digests=["A" * 32, "a" * 32]).digests == ("a" * 32,)
