"""What a scenario needs and not every test environment, executor or server offers; it says so by a tag ``@needs.<name>``.

Each is looked at for real, once a run, when a scenario first asks for it. What the test environment or the executor
lacks leaves the scenario NOT RUN, and so its test case. What the *server* cannot have makes the scenario one that
cannot hold there (N/A): it is shown and counted, and its test case is judged by its other scenarios.
"""

import functools
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import NamedTuple

import pymysql

from support.contract import TEST_ORDERS
from support.errors import SuiteError
from support.history.change import RunSpec
from support.mysql import tables
from support.mysql.schemas import grant_alter, is_a_runs_own, revoke_alter
from support.result_words import NOT_APPLICABLE, NOT_RUN
from support.stacks.stack import Stack

PREFIX = "needs."
NO_SPATIAL_INDEXES = 1464
NOT_UNDERSTOOD = 1064
_PROBE = RunSpec("test-tc04-000", "conn-004", "idx_tc04_content", "test_orders", ["status"], index_type="FULLTEXT")


class Need(NamedTuple):
    """``lack`` looks at the running stack and returns None, or in one line why the need is not met."""

    meaning: str
    lack: Callable[[Stack], str | None]
    of_the_server: bool = False


class Unmet(NamedTuple):
    """Why a scenario was left out; ``result`` is NOT RUN, or N/A where it cannot hold on this server."""

    result: str
    reason: str


def _index_types(stack: Stack) -> str | None:
    """Schedule such a run and look what became of it; the tables are empty again before anybody could claim it."""
    try:
        stack.api.create_run(_PROBE)
        kept = stack.database.value("SELECT index_type FROM execution_runs WHERE id = %s", (_PROBE.id,))
    except AssertionError as refusal:
        return f"a run with index_type {_PROBE.index_type} is refused: {refusal}"
    finally:
        tables.empty_state(stack.database)
    return None if kept == _PROBE.index_type else f"a run scheduled with index_type {_PROBE.index_type} has {kept}"


def _refusals(stack: Stack) -> str | None:
    with closing(stack.refusals()) as refusals:
        try:
            refusals.count()
        except (OSError, ValueError) as error:
            return f"the kernel's count cannot be read: {error}"
    return None


def _accounts(stack: Stack) -> str | None:
    """Take the executor's right to change a table away, and give it back: what such a scenario does itself."""
    agent, table = stack.accounts.agent, TEST_ORDERS
    try:
        revoke_alter(stack.database, agent, stack.schema, table)
        grant_alter(stack.database, agent, stack.schema, table)
    except pymysql.MySQLError as error:
        return f"account {stack.accounts.suite.user!r} may not take away and give the executor's rights: {error}"
    return None


def _own_accounts(stack: Stack) -> str | None:
    """The password of an account that stays after the run is not the suite's to change."""
    agent = stack.accounts.agent
    return None if is_a_runs_own(agent) else f"account {agent.user!r} is not one that this run has made"


def _secret(stack: Stack) -> str | None:
    """Without one there is nobody to keep out."""
    return None if stack.api.has_secret else "api_secret is empty, so everybody may call it"


def _rename_index(stack: Stack) -> str | None:
    database = stack.database
    database.execute("CREATE TEMPORARY TABLE needs_rename (a INT, INDEX a (a))")
    try:
        database.execute("ALTER TABLE needs_rename RENAME INDEX a TO b")
    except pymysql.MySQLError as error:
        if error.args[0] != NOT_UNDERSTOOD:
            raise
        return f"{stack.server_version} has no such statement"
    finally:
        database.execute("DROP TEMPORARY TABLE needs_rename")
    return None


def _second_api(stack: Stack) -> str | None:
    return None if stack.second_api() else "it is not the suite that starts this API"


def _spatial_indexes(stack: Stack) -> str | None:
    database = stack.database
    try:
        database.execute("CREATE TEMPORARY TABLE needs_spatial (p GEOMETRY NOT NULL, SPATIAL INDEX (p)) ENGINE=InnoDB")
    except pymysql.MySQLError as error:
        if error.args[0] != NO_SPATIAL_INDEXES:
            raise
        return f"InnoDB of {stack.server_version} has none"
    database.execute("DROP TEMPORARY TABLE needs_spatial")
    return None


NEEDS = {
    "accounts": Need("the right to give and take the rights of the executor's account", _accounts),
    "index_types": Need("a SaaS API that keeps a run's index_type", _index_types),
    "own_accounts": Need("an account of the executor that the run makes itself", _own_accounts),
    "refusals": Need("the kernel's count of refused connections (Linux: /proc/net/snmp)", _refusals),
    "rename_index": Need("RENAME INDEX (MySQL 5.7, MariaDB 10.5)", _rename_index, of_the_server=True),
    "second_api": Need("a second SaaS API of the same schema", _second_api, of_the_server=True),
    "secret": Need("a SaaS API with a secret", _secret, of_the_server=True),
    "spatial_indexes": Need(
        "SPATIAL indexes on InnoDB (MySQL 5.7, MariaDB 10.2)", _spatial_indexes, of_the_server=True
    ),
}
"""Every need there is, by the name in its tag."""


def names_in(tags: Iterable[str]) -> list[str]:
    """The needs that ``tags`` name, those of the server first.

    :raises SuiteError: a tag that looks like a need and is none.
    """
    names = [tag.removeprefix(PREFIX) for tag in map(str, tags) if tag.lower().startswith("need")]
    for name in names:
        if name not in NEEDS:
            known = "; ".join(f"@{PREFIX}{known} ({need.meaning})" for known, need in NEEDS.items())
            raise SuiteError(f"unknown need {name!r} in a tag; known: {known}")
    return sorted(names, key=lambda name: (not NEEDS[name].of_the_server, name))


class Offer:
    """What the running stack offers. Each need is looked at once."""

    def __init__(self, stack: Stack) -> None:
        self._lack = functools.cache(lambda name: NEEDS[name].lack(stack))

    def unmet(self, tags: Iterable[str]) -> Unmet | None:
        """The first need of ``tags`` that is not met.

        :raises AcceptanceError: a part of the test environment is gone, so that nothing could be looked at.
        """
        for name in names_in(tags):
            if lack := self._lack(name):
                need = NEEDS[name]
                result = NOT_APPLICABLE if need.of_the_server else NOT_RUN
                return Unmet(result, f"needs {need.meaning}: {' '.join(lack.split())}")
        return None
