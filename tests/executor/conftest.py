"""The executor's own tests: its package on the path, and for some a schema on a real server and APIs nearby."""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pymysql
import pytest
import requests
import uvicorn
from pymysql.cursors import DictCursor

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "docker" / "executor"))

from executor_v1.agent import runner  # noqa: E402  (found by the path just set)
from executor_v1.agent.config import AgentConfig  # noqa: E402
from executor_v1.api.app import create_app  # noqa: E402
from executor_v1.api.config import ApiConfig  # noqa: E402
from executor_v1.api.database import Database  # noqa: E402
from tests.executor.foreign import ForeignApi  # noqa: E402


class Schema:
    """A schema of the test's own with the executor's tables in it."""

    def __init__(self, server):
        self.server, self.name = server, f"exec_test_{secrets.token_hex(6)}"
        self.connection = self.connect(None)
        self.query(f"CREATE DATABASE {self.name}")
        self.connection.select_db(self.name)
        for statement in (PROJECT / "docker/mysql/10-schema.sql").read_text().split(";\n"):
            if statement.strip():
                self.query(statement)

    def connect(self, database: str | None = "") -> pymysql.Connection:
        server = self.server
        return pymysql.connect(
            host=server.host,
            port=server.port,
            user=server.user,
            password=server.password,
            database=self.name if database == "" else database,
            autocommit=True,
            cursorclass=DictCursor,
        )

    def query(self, sql: str, *args: object) -> list[dict]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, args or None)
            return list(cursor.fetchall())

    def environment(self) -> dict[str, str]:
        server = self.server
        return {
            "MYSQL_HOST": server.host,
            "MYSQL_PORT": str(server.port),
            "MYSQL_USER": server.user,
            "MYSQL_PASSWORD": server.password,
            "MYSQL_DATABASE": self.name,
        }

    def add_index(self, comment: str = "added by execution run run-1", columns: str = "customer_id") -> None:
        """The index that run-1 makes; with another comment, somebody else's of the same name."""
        self.query(f"ALTER TABLE test_orders ADD INDEX idx_new ({columns}) COMMENT '{comment}'")

    def index_columns(self, table: str, index: str) -> list[str]:
        return [row["Column_name"] for row in self.query(f"SHOW INDEX FROM {table}") if row["Key_name"] == index]


@pytest.fixture
def schema(mysql_server) -> Iterator[Schema]:
    made = Schema(mysql_server)
    with contextlib.closing(made.connection):
        yield made
        made.query(f"DROP DATABASE {made.name}")


@pytest.fixture
def start_api(schema) -> Iterator[Callable[..., str]]:
    """Starts an API in a thread; gives its address. Several share the schema."""
    with contextlib.ExitStack() as cleanups:

        def start(**settings: str) -> str:
            config = ApiConfig.read({**schema.environment(), **settings})
            listener = cleanups.enter_context(socket.create_server(("127.0.0.1", 0)))
            app = create_app(config, Database(config))
            server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none"))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            cleanups.callback(thread.join)
            cleanups.callback(setattr, server, "should_exit", True)
            return f"http://127.0.0.1:{listener.getsockname()[1]}"

        yield start


@pytest.fixture
def api(start_api) -> str:
    return start_api()


class Runs:
    """Makes runs and speaks for workers."""

    def __init__(self, api: str, schema: Schema):
        self.api, self._schema = api, schema

    def add(self, run_id: str = "run-1", **fields: object) -> str:
        body = {
            "id": run_id,
            "connection_id": "conn-001",
            "action": "ADD_INDEX",
            "table_name": "test_orders",
            "index_name": "idx_new",
            "columns": ["customer_id"],
            **fields,
        }
        requests.post(f"{self.api}/api/executions", json=body).raise_for_status()
        return run_id

    def claim(self, run_id: str = "run-1", **wish: object) -> str:
        answer = requests.post(f"{self.api}/api/executions/{run_id}/claim", json=wish)
        answer.raise_for_status()
        return answer.json()["claim_token"]

    def get(self, run_id: str = "run-1") -> dict:
        return requests.get(f"{self.api}/api/executions/{run_id}").json()

    def report(self, token: str | None, run_id: str = "run-1", **change: object) -> requests.Response:
        headers = {"X-Claim-Token": token} if token else {}
        return requests.patch(f"{self.api}/api/executions/{run_id}/status", json=change, headers=headers)

    def post(self, path: str, token: str, body: object = None) -> requests.Response:
        return requests.post(f"{self.api}{path}", json=body, headers={"X-Claim-Token": token})

    def leave_behind(self, phase: str, **progress: object) -> None:
        """A run whose worker recorded this and died."""
        self.add()
        body = {"phase": phase, "progress": {"existed_before": False, "baseline": {}, **progress}}
        self.post("/api/executions/run-1/progress", self.claim(), body).raise_for_status()
        self._schema.query("UPDATE execution_runs SET lease_expires_at = NOW(6) - INTERVAL 1 SECOND")

    def turn_switch(self, **switch: object) -> None:
        requests.post(f"{self.api}/api/kill-switch", json={"active": True, **switch}).raise_for_status()


@pytest.fixture
def runs(api, schema) -> Runs:
    return Runs(api, schema)


@pytest.fixture
def agent_environment(schema, api) -> dict[str, str]:
    return {
        **schema.environment(),
        "SAAS_API_URL": api,
        "WORKER_ID": f"test-{os.getpid()}",
        "METRICS_WINDOW_MINUTES": "0.001",
        "DDL_LOCK_WAIT_TIMEOUT_SECONDS": "1",
    }


@pytest.fixture
def foreign(agent_environment) -> Iterator[ForeignApi]:
    """An API of somebody else, which agents are given in place of the bundled one."""
    api = ForeignApi()
    with api.served() as address:
        agent_environment["SAAS_API_URL"] = address
        yield api


@pytest.fixture(scope="session")
def node_executor(tmp_path_factory) -> Path:
    """A copy of the executor for Node.js, ready to run."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("the executor for Node.js needs node and npm")
    copy = tmp_path_factory.mktemp("node") / "executor"
    shutil.copytree(PROJECT / "tests/node_executor", copy, ignore=shutil.ignore_patterns("node_modules"))
    npm = ["npm", "ci", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(copy)]
    subprocess.run(npm, check=True, capture_output=True)
    return copy


@pytest.fixture
def carry_out(agent_environment) -> Callable[..., runner.ExitCode]:
    """Has a worker carry a run out, in this process."""

    def run(run_id: str = "run-1", **settings: str) -> runner.ExitCode:
        return runner.run(AgentConfig.read({**agent_environment, **settings}), run_id)

    return run
