"""The embedded stack: a private MySQL server in a temporary folder, the SaaS API and agents as processes.

With ``mysql_host`` set, the server is a running one that the settings name, with a schema and accounts of this run's own.
"""

import shlex
import shutil
import socket
import subprocess
from pathlib import Path

from support.errors import SettingsError, TestEnvironmentError
from support.mysql.database import Account
from support.mysql.schemas import Accounts, make_accounts, make_schema, users
from support.servers.ports import free_port
from support.servers.private import PrivateServer
from support.servers.programs import choose_program
from support.settings import PROJECT, Settings
from support.stacks.saas_api import SaasApi
from support.stacks.stack import API_START_SECONDS, SQL_FOLDER, Stack, await_health, number_text, own_environments

DATA_DIRECTORIES = PROJECT / ".servers" / "datadirs"


class EmbeddedStack(Stack):
    """Everything is started by the run; see ``Stack``."""

    server: PrivateServer | None = None
    _api_process: "subprocess.Popen[bytes] | None" = None

    @property
    def owns_its_server(self) -> bool:
        """Unless the settings name one."""
        return self.server is not None

    def check_alive(self) -> None:
        """Raise TestEnvironmentError if the server or the API has ended by itself, or the server does not answer."""
        self._processes_run()
        super().check_alive()

    def watch(self) -> None:
        """The same; see ``Stack``."""
        self._processes_run()
        super().watch()

    def _processes_run(self) -> None:
        if self.server is not None and not self.server.alive():
            kept = shutil.copy(self.server.log, self._logs / "mysql.log")  # its own folder goes with the run
            raise TestEnvironmentError(f"the MySQL server ended by itself; its log: {kept}")
        if self._api_process is not None and self._api_process.poll() is not None:
            raise TestEnvironmentError(
                f"the SaaS API ended by itself ({_last_line(self._api_log)}); its log: {self._api_log}"
            )

    def api_environment(self) -> dict[str, str] | None:
        """The environment of the API's process."""
        port = self.api.url.rpartition(":")[2]
        return next((found for found in own_environments() if found.get("API_PORT") == port), None)

    def _make_accounts(self, run_id: str, folder: Path) -> Accounts:
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

    def _find_api(self) -> SaasApi:
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
            "EXECUTION_LEASE_TIMEOUT_SECONDS": number_text(settings.scaled(settings.lease_seconds)),
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

        def check_started() -> None:
            if self._api_process.poll() is not None:
                raise TestEnvironmentError(
                    f"the SaaS API ended while starting: {_last_line(self._api_log)} (log: {self._api_log})"
                )

        api = SaasApi(f"http://127.0.0.1:{port}", self._api_secret)
        return await_health(api, check_started, settings.scaled(API_START_SECONDS))

    def _stop_parts(self) -> None:
        if self._api_process is not None:
            self._api_process.kill()
            self._api_process.wait()
        if self.server is not None:
            self.server.stop()


def _in_use(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").strip().splitlines() if log.exists() else []
    return lines[-1] if lines else "it wrote no log"
