"""An executor that runs already, as the external stack finds it: a schema on a server, and a SaaS API over it."""

import os
import secrets
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.mysql.database import Account, Database
from support.mysql.schemas import make_schema
from support.servers.ports import free_port
from support.settings import BUNDLED_API
from support.stacks.saas_api import SaasApi
from support.stacks.stack import EXECUTOR_FOLDER, SQL_FOLDER, await_health

API_SECONDS = 30.0


@dataclass(frozen=True)
class Outside:
    """Where it is. ``settings`` are the environment of a run that is to find it."""

    account: Account
    api: SaasApi
    settings: dict[str, str]

    def rows(self, sql: str) -> list[dict]:
        """What there is in its schema."""
        database = Database(self.account)
        try:
            return database.rows(sql)
        finally:
            database.close()


@contextmanager
def running(server: object, folder: Path, api_command: str = BUNDLED_API) -> Iterator[Outside]:
    """Start an API over a schema of its own on ``server``; both are gone afterwards.

    :param server: what the fixture ``mysql_server`` gives.
    :param folder: for the API's log.
    """
    root = Account(server.host, server.port, server.user, server.password)
    name, port, secret = f"executor_test_{secrets.token_hex(4)}", free_port(), secrets.token_urlsafe(12)
    make_schema(root, name, sorted(SQL_FOLDER.glob("*.sql")))
    account = Account(root.host, root.port, root.user, root.password, name)
    environment = {
        **os.environ, "PYTHONPATH": str(EXECUTOR_FOLDER), "MYSQL_HOST": root.host, "MYSQL_PORT": str(root.port),
        "MYSQL_USER": root.user, "MYSQL_PASSWORD": root.password, "MYSQL_DATABASE": name, "API_HOST": "127.0.0.1",
        "API_PORT": str(port), "API_SECRET": secret, "LOG_LEVEL": "DEBUG", "EXECUTION_LEASE_TIMEOUT_SECONDS": "5",
    }  # fmt: skip
    with (folder / "api.log").open("ab") as log:
        process = subprocess.Popen(shlex.split(api_command), env=environment, stdout=log, stderr=log)
    api = SaasApi(f"http://127.0.0.1:{port}", secret)
    try:
        await_health(api, lambda: None, API_SECONDS)
        yield Outside(
            account,
            api,
            {
                "ACCEPTANCE_STACK": "external", "ACCEPTANCE_MYSQL_HOST": root.host, "ACCEPTANCE_MYSQL_PORT": str(root.port),
                "ACCEPTANCE_MYSQL_PASSWORD": root.password, "ACCEPTANCE_MYSQL_DATABASE": name,
                "ACCEPTANCE_API_URL": api.url, "ACCEPTANCE_API_SECRET": secret,
            },
        )  # fmt: skip
    finally:
        process.kill()
        process.wait()
        api.close()
        database = Database(root)
        database.execute(f"DROP DATABASE IF EXISTS {name}")
        database.close()


AGENT_WITH_OTHER_NAMES = f"""
import os, sys
given = {{name: value for name, value in os.environ.items() if name.startswith(("DB_", "EXECUTOR_"))}}
host, port = given["DB_ADDRESS"].split(":")
theirs = {{
    "MYSQL_HOST": host, "MYSQL_PORT": port, "MYSQL_USER": given["DB_USER"], "MYSQL_PASSWORD": given["DB_PASS"],
    "MYSQL_DATABASE": given["DB_NAME"], "SAAS_API_URL": given["EXECUTOR_API"],
}}
kept = {{name: value for name, value in os.environ.items() if not name.startswith("MYSQL_") and name != "SAAS_API_URL"}}
command = [{sys.executable!r}, "-m", "executor_v1.agent", "run", sys.argv[1]]
os.execve(command[0], command, {{**kept, **theirs, "PYTHONPATH": {str(EXECUTOR_FOLDER)!r}}})
"""
"""An agent that is told where everything is by names of its own, and never looks at the contract's."""

ITS_NAMES = (
    "DB_ADDRESS={MYSQL_HOST}:{MYSQL_PORT} DB_USER={MYSQL_USER} DB_PASS={MYSQL_PASSWORD} DB_NAME={MYSQL_DATABASE}"
    " EXECUTOR_API={SAAS_API_URL}"
)
