"""What both the pre-test checklist and preflight look at, one function each: in words how it is, or ``Missing``."""

from typing import Any

from support.checks.findings import Missing
from support.contract import TEST_ORDERS_ROWS
from support.mysql.database import Database
from support.stacks.saas_api import SaasApi
from support.stacks.worker import Worker


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


def worker(one: Worker) -> str:
    """A worker that has not been started: its command, and its way to the API."""
    one.check_command()
    SaasApi(one.gateway.url, "").health()
    return "agent_command can be started; a worker's gateway reaches the SaaS API"
