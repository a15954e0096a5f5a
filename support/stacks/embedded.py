"""The embedded stack: a private MySQL server in a temporary folder, the SaaS API and agents as processes.

With ``mysql_host`` set, the server is a running one that the settings name, with a schema and accounts of this run's own.
"""

import os
import shlex
import shutil
import socket
import subprocess
from functools import cache
from pathlib import Path

from support import tables
from support.database import Account, Database
from support.errors import SettingsError, StandError
from support.gateway import Gateway
from support.journal import Journal
from support.saas_api import SaasApi
from support.servers.kinds import flavour_of
from support.servers.ports import free_port
from support.servers.private import PrivateServer
from support.servers.programs import choose_program
from support.settings import BUNDLED_AGENT, BUNDLED_API, PROJECT, Settings
from support.stacks.schema import Accounts, make_accounts, make_schema, users
from support.waiting import eventually
from support.warden import Warden
from support.workers import Worker

SQL_FOLDER = PROJECT / "docker" / "mysql"
EXECUTOR_FOLDER = PROJECT / "docker" / "executor"
DATA_DIRECTORIES = PROJECT / ".servers" / "datadirs"
API_START_SECONDS = 30.0


class EmbeddedStack:
    """Everything under test, running.

    :param run_id: makes names on a shared server this run's own.
    :param folder: the run's temporary folder.
    :param logs: where API and agents write theirs.
    """

    def __init__(
        self, settings: Settings, run_id: str, folder: Path, logs: Path, api_secret: str, warden: Warden
    ) -> None:
        self._settings, self._logs, self._api_secret, self._warden = settings, logs, api_secret, warden
        self.server: PrivateServer | None = None
        self._api_process: subprocess.Popen[bytes] | None = None
        self.accounts = self._start_server(run_id, folder)
        self.schema = self.accounts.suite.database or ""
        self.database = Database(self.accounts.suite)
        self.pristine = tables.look(self.database, self.schema)
        self.server_version = self._version()
        self.api = self._start_api()
        self.health = self.api.health()
        self.journal = Journal(self.accounts.suite, own_server=self.server is not None)

    def secrets(self) -> list[str]:
        """What must never be shown."""
        return [*self.accounts.passwords(), self._api_secret]

    def worker(self, number: int, execution_id: str, log: Path, **times: float) -> Worker:
        """A worker, not yet started, with a gateway of its own.

        :param times: contract variables in lower case (``execution_lease_timeout_seconds`` …) that differ from the run's.
        """
        gateway = Gateway(f"worker-{number}", self.api.url, free_port())
        command = self._settings.agent_command.replace("{execution_id}", shlex.quote(execution_id))
        return Worker(number, command, self._agent_environment(number, gateway, times), gateway, log)

    def check_alive(self) -> None:
        """Raise StandError if the server or the API has ended by itself."""
        if self.server is not None and not self.server.alive():
            raise StandError(f"the MySQL server ended by itself; its log: {self.server.log}")
        if self._api_process is not None and self._api_process.poll() is not None:
            raise StandError(f"the SaaS API ended by itself ({_last_line(self._api_log)}); its log: {self._api_log}")

    # -- parts ----------------------------------------------------------------------------------------------

    def _start_server(self, run_id: str, folder: Path) -> Accounts:
        settings, files = self._settings, sorted(SQL_FOLDER.glob("*.sql"))
        suffix = run_id.rpartition("-")[2]
        if settings.mysql_host:
            server = Account(settings.mysql_host, settings.mysql_port, settings.mysql_user, settings.mysql_password)
            name = settings.mysql_database
            if name == Settings.mysql_database:
                name = f"{name}_{suffix}"
            server.connect().close()
            make_schema(server, name, files, on_made=lambda: self._warden.drop_schema(server, [name], users(suffix)))
            return make_accounts(server, name, suffix)
        program = choose_program(settings.server, PROJECT)
        self.server = PrivateServer.start(
            program, folder, files, DATA_DIRECTORIES, environment=self._warden.environment()
        )
        server = Account(self.server.host, self.server.port, self.server.root_user, self.server.root_password)
        if settings.mysql_database != Settings.mysql_database:
            make_schema(server, settings.mysql_database, files)
        return make_accounts(server, settings.mysql_database, suffix)

    def _version(self) -> str:
        version = self.database.value("SELECT VERSION()")
        return f"{flavour_of(version)} {version}"

    def agent(self) -> dict[str, str]:
        """What there is to say of the agent and of the Node.js it runs on, if it does."""
        command = self._settings.agent_command
        if command == BUNDLED_AGENT:
            return {"Agent": f"bundled, the same package as the SaaS API ({self.health.get('version', 'unknown')})"}
        told = {"Agent": command}
        program = shlex.split(command)[0]
        if Path(program).name in ("node", "nodejs"):
            try:
                asked = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=False)
                told["Node.js"] = asked.stdout.strip()
            except (OSError, subprocess.TimeoutExpired):
                pass  # the first worker will say so better
        return told

    def _start_api(self) -> SaasApi:
        settings = self._settings
        if settings.api_port and _in_use(settings.api_port):
            raise SettingsError(
                f"port {settings.api_port} for the SaaS API is in use by another program: stop that, or leave out api_port"
            )
        port = settings.api_port or free_port()
        self._api_log = self._logs / "saas-api.log"
        environment = {
            **self._environment(self.accounts.api, settings.api_command),
            "API_HOST": "127.0.0.1",
            "API_PORT": str(port),
            "EXECUTION_LEASE_TIMEOUT_SECONDS": _number(settings.scaled(settings.lease_seconds)),
        }
        with self._api_log.open("ab") as log:
            try:
                self._api_process = subprocess.Popen(
                    shlex.split(settings.api_command),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=environment,
                    start_new_session=True,
                )
            except OSError as error:
                raise SettingsError(
                    f"api_command cannot be started: {settings.api_command}: {error.strerror}"
                ) from error
        api = SaasApi(f"http://127.0.0.1:{port}", self._api_secret)

        def healthy() -> bool:
            if self._api_process.poll() is not None:
                raise StandError(
                    f"the SaaS API ended while starting: {_last_line(self._api_log)} (log: {self._api_log})"
                )
            try:
                return bool(api.health())
            except StandError as not_yet:
                raise _NotYet(str(not_yet)) from not_yet

        eventually(
            healthy, within=settings.scaled(API_START_SECONDS), what="an answer of the SaaS API", ignoring=(_NotYet,)
        )
        return api

    def _environment(self, account: Account, command: str) -> dict[str, str]:
        """What every part under test gets: the contract's names, nothing of the run's own settings."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("ACCEPTANCE_")}
        return {
            **inherited,
            **self._warden.environment(),
            **(_bundled() if command in (BUNDLED_API, BUNDLED_AGENT) else {}),
            "MYSQL_HOST": account.host,
            "MYSQL_PORT": str(account.port),
            "MYSQL_USER": account.user,
            "MYSQL_PASSWORD": account.password,
            "MYSQL_DATABASE": account.database or "",
            "API_SECRET": self._api_secret,
            "LOG_LEVEL": self._settings.log_level,
        }

    def _agent_environment(self, number: int, gateway: Gateway, times: dict[str, float]) -> dict[str, str]:
        settings = self._settings
        values: dict[str, float] = {
            "execution_lease_timeout_seconds": settings.scaled(settings.lease_seconds),
            "metrics_window_minutes": settings.scaled(settings.metrics_window_seconds) / 60,
            "min_sample_count": settings.min_sample_count,
            "kill_switch_timeout_seconds": settings.scaled(settings.kill_switch_timeout_seconds),
            "ddl_lock_wait_timeout_seconds": settings.scaled(settings.ddl_lock_wait_seconds),
            **{name: settings.scaled(value) for name, value in times.items()},
        }
        return {
            **self._environment(self.accounts.agent, settings.agent_command),
            "SAAS_API_URL": gateway.url,
            "WORKER_ID": f"worker-{number}",
            "LATENCY_DEGRADATION_THRESHOLD": "0.10",
            "ROWS_EXAMINED_DEGRADATION_THRESHOLD": "0.20",
            **{name.upper(): _number(value) for name, value in values.items()},
        }

    def stop(self) -> None:
        """End what was started. Nobody needs it any more, and its logs are written line by line, so it is killed."""
        for part in ("journal", "database", "api"):
            if hasattr(self, part):
                getattr(self, part).close()
        if self._api_process is not None:
            self._api_process.kill()
            self._api_process.wait()
        if self.server is not None:
            self.server.stop()


@cache
def _bundled() -> dict[str, str]:
    """What the bundled programs are given besides: where they are, and the commit they are of."""
    asked = (
        subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=False
        )
        if shutil.which("git")
        else None
    )
    commit = asked.stdout.strip() if asked and asked.returncode == 0 else "unknown"
    return {"PYTHONPATH": str(EXECUTOR_FOLDER), "EXECUTOR_COMMIT": commit}


class _NotYet(Exception):
    """The API does not answer yet."""


def _in_use(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else f"{value:.6f}"


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").strip().splitlines() if log.exists() else []
    return lines[-1] if lines else "it wrote no log"
