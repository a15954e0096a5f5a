"""The form's two checklists: the checks before the first scenario, and the items after the last one.

Each is truly looked at; none trusts what another part says of itself alone. Source: the result log's 1.3 and 5.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from support.checks.findings import Look, Missing, none_of, outcome
from support.contract import AGENT_VARIABLES, NOT_ENDED, TEST_ORDERS_ROWS
from support.form import TEST_CASES, CleanUp, Leftover, PreCheck, form
from support.mysql import tables
from support.mysql.database import Database, quoted
from support.record.evidence import Check
from support.stacks.saas_api import SaasApi
from support.stacks.stack import Stack
from support.stacks.worker import Worker

DATABASE_VARIABLES = tuple(name for name in AGENT_VARIABLES if name.startswith("MYSQL_"))
MAY_BE_EMPTY = ("API_SECRET", "MYSQL_PASSWORD")
"""On a stack that the run did not make, there may be no secret."""


def pre_checks(stack: Stack) -> list[Check]:
    """Make the checks; a failed one has ``done`` False and its reason in ``detail``.

    :raises AcceptanceError: no worker can be made to look at, so that nothing could be checked for it.
    """
    worker = stack.worker(1, "test-tc00-001", Path(os.devnull))
    environment = worker.environment
    try:
        looks: dict[PreCheck, Look] = {
            "api": lambda: f"GET /health: 200, version {stack.api.health().get('version', 'unknown')}",
            "database": lambda: f"{stack.database.value('SELECT VERSION()')} answers; schema {stack.schema}",
            "test_data": lambda: order_rows(stack.database),
            "environment": lambda: _environment_is_complete(stack, environment),
            "log_level": lambda: _log_level_is_debug(stack, environment),
            "kill_switches": lambda: _kill_switches_are_off(stack, environment),
            "runs": lambda: _no_run_is_left(stack),
            "workers": lambda: worker_ready(worker),
        }
        return [Check(item, *outcome(looks[name])) for name, item in form().pre_checks.items()]
    finally:
        worker.end()


def clean_up(stack: Stack, run_folder: Path) -> tuple[list[Check], str]:
    """Do the items, check each, and return them with the SQL used; before the stack is stopped. Raises nothing.

    :param run_folder: where the run's logs have to lie.
    """
    script = [f"USE {quoted(stack.schema)};"]

    def delete(name: CleanUp) -> str:
        return "; ".join(_deleted(stack, script, one) for one in form().leftovers.rows if one.item == name)

    def reset() -> str:
        stack.api.set_kill_switch(False, None)
        for connection in _switched_on(stack):
            stack.api.set_kill_switch(False, connection)
        script.append(
            '-- POST /api/kill-switch {"connection_id": …, "active": false}, for each that was on and the global one'
        )
        rows = delete("kill_switches")
        return none_of(_switched_on(stack), "still on", f"{rows}; none is on")

    looks: dict[CleanUp, Look] = {
        "indexes": lambda: _indexes_dropped(stack, script),
        "runs": lambda: delete("runs"),
        "rollbacks": lambda: delete("rollbacks"),
        "kill_switches": reset,
        "audit_logs": lambda: delete("audit_logs"),
        "workers": lambda: none_of(stack.workers_running(), "still running", "no worker runs"),
        "logs": lambda: _logs_archived(run_folder),
    }
    return [Check(item, *outcome(looks[name])) for name, item in form().clean_up.items()], "\n".join(script)


def order_rows(database: Database) -> str:
    """The rows of test_orders."""
    rows = int(database.value("SELECT COUNT(*) FROM test_orders"))
    if rows < TEST_ORDERS_ROWS:
        raise Missing(f"test_orders has {rows} rows; {TEST_ORDERS_ROWS} are needed")
    return f"test_orders has {rows} rows"


def kill_switch(api: SaasApi, connection_id: str, active: bool = False) -> dict[str, Any]:
    """What the API says of a connection's switch, which has to be ``active`` or not while the global one is off."""
    answer = api.kill_switch(connection_id)
    if answer.get("global_active") is not False or answer.get("connection_active") is not active:
        raise Missing(
            f"{connection_id}: the SaaS API says 200 {answer}; its switch should be {'on' if active else 'off'}, the global"
            " one off"
        )
    return answer


def worker_ready(worker: Worker) -> str:
    """A worker that has not been started: its command, and its way to the API."""
    worker.check_command()
    SaasApi(worker.gateway.url, "").health()
    return "agent_command can be started; a worker's gateway reaches the SaaS API"


def _environment_is_complete(stack: Stack, agent: Mapping[str, str]) -> str:
    parts: dict[str, tuple[Mapping[str, str], tuple[str, ...]]] = {"the agent": (agent, AGENT_VARIABLES)}
    if (api := stack.api_environment()) is not None:
        parts["the SaaS API"] = (api, DATABASE_VARIABLES)
    missing = [
        f"{name} of {part}"
        for part, (environment, names) in parts.items()
        for name in names
        if not environment.get(name) and not (name in MAY_BE_EMPTY and name in environment)
    ]
    return none_of(missing, "not set", f"complete for {' and '.join(parts)}")


def _log_level_is_debug(stack: Stack, agent: Mapping[str, str]) -> str:
    levels = {"agent": agent.get("LOG_LEVEL"), "SaaS API": (stack.api_environment() or agent).get("LOG_LEVEL")}
    wrong = [f"{part} {level}" for part, level in levels.items() if level != "DEBUG"]
    if wrong:
        raise Missing(f"log level is not DEBUG: {', '.join(wrong)}; leave out log_level or set it to DEBUG")
    return "LOG_LEVEL=DEBUG for agent and SaaS API"


def _kill_switches_are_off(stack: Stack, agent: Mapping[str, str]) -> str:
    """By the table, and as a worker is told: through a gateway, with the agent's secret."""
    by_the_table = none_of(_switched_on(stack), "on, by the table", "none is on, by the table")
    api = SaasApi(agent["SAAS_API_URL"], agent.get("API_SECRET", ""))
    connections = [case.connection for case in TEST_CASES.values()]
    for connection in connections:
        kill_switch(api, connection)
    return f"{by_the_table} and by the SaaS API ({connections[0]} … {connections[-1]}, global)"


def _no_run_is_left(stack: Stack) -> str:
    rows = stack.database.rows("SELECT id, status FROM execution_runs WHERE status IN %s", (NOT_ENDED,))
    left = [f"{row['id']} ({row['status']})" for row in rows[:5]]
    return none_of(left, "left over", "no run is scheduled or running")


def _indexes_dropped(stack: Stack, script: list[str]) -> str:
    """Every index that was not there at the start."""
    added = sorted(
        tables.indexes(stack.database, stack.schema) - stack.pristine.indexes, key=lambda one: (one.table, one.name)
    )
    for index in added:
        _do(stack, script, f"ALTER TABLE {quoted(index.table)} DROP INDEX {quoted(index.name)}")
    left = tables.indexes(stack.database, stack.schema) - stack.pristine.indexes
    words = f"dropped: {', '.join(index.name for index in added)}" if added else "none was left"
    return none_of(sorted(index.name for index in left), "still there", words)


def _deleted(stack: Stack, script: list[str], leftover: Leftover) -> str:
    where = f"FROM {leftover.table} WHERE {leftover.condition}"
    rows = int(stack.database.value(f"SELECT COUNT(*) {where}"))
    _do(stack, script, f"DELETE {where}")
    left = int(stack.database.value(f"SELECT COUNT(*) {where}"))
    if left:
        raise Missing(f"{leftover.table}: {left} rows are still there")
    return f"{leftover.table}: {rows} deleted, 0 left"


def _do(stack: Stack, script: list[str], statement: str) -> None:
    stack.database.execute(statement)
    script.append(f"{statement};")


def _switched_on(stack: Stack) -> list[str]:
    rows = stack.database.rows("SELECT connection_id FROM kill_switches WHERE active <> 0 ORDER BY connection_id")
    return [row["connection_id"] for row in rows]


def _logs_archived(run_folder: Path) -> str:
    files = [file for file in (run_folder / "logs").rglob("*.log") if file.is_file()]
    if not files:
        raise Missing(f"there is no log file in {run_folder / 'logs'}")
    return f"{len(files)} files in runs/{run_folder.name}/logs"
