"""The embedded stack: a private MySQL server or a named one, the SaaS API and agents as processes."""

import shlex
import shutil
import socket
from functools import partial
from pathlib import Path

from support.errors import SettingsError, TestEnvironmentError, last_line
from support.mysql.database import server_account
from support.mysql.schemas import Accounts, make_accounts, make_schema, users
from support.servers.ports import free_port
from support.servers.private import PrivateServer
from support.servers.programs import choose_program
from support.settings import PROJECT, Settings
from support.stacks.saas_api import SaasApi
from support.stacks.stack import API_START_SECONDS, SQL_FOLDER, Stack, await_health, number_text
from support.stacks.warden import own_environments
from support.stacks.worker import start_part

SQL_FILES = sorted(SQL_FOLDER.glob("*.sql"))
DATA_DIRECTORIES = PROJECT / ".servers" / "datadirs"


class ProcessStack(Stack):
    """The SaaS API is a process of the run's."""

    def _check_processes(self) -> None:
        self._check_api("by itself")

    def api_environment(self) -> dict[str, str] | None:
        port = self.api.url.rpartition(":")[2]
        return next((found for found in own_environments() if found.get("API_PORT") == port), None)

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
        try:
            self._api_process = start_part(shlex.split(settings.api_command), environment, self._api_log)
        except OSError as error:
            raise SettingsError(f"api_command cannot be started: {settings.api_command}: {error.strerror}") from error
        api = SaasApi(f"http://127.0.0.1:{port}", self._api_secret)
        await_health(api, partial(self._check_api, "while starting"), settings.scaled(API_START_SECONDS))
        return api

    def _check_api(self, ended: str) -> None:
        if self._api_process.poll() is not None:
            last_words = last_line(self._api_log.read_text("utf-8", "replace"), "it wrote no log")
            raise TestEnvironmentError(f"the SaaS API ended {ended} ({last_words}); its log: {self._api_log}")


class EmbeddedStack(ProcessStack):
    """Everything is started by the run, a private server in a temporary folder too."""

    owns_its_server = True

    def _make_accounts(self, suffix: str, folder: Path) -> Accounts:
        program, name = choose_program(self._settings.server, PROJECT), self._settings.mysql_database
        self._server = PrivateServer(program, folder, SQL_FILES, DATA_DIRECTORIES, self._warden.environment())
        if name != Settings.mysql_database:
            make_schema(self._server.root, name, SQL_FILES)
        return make_accounts(self._server.root, name, suffix)

    def _check_processes(self) -> None:
        if not self._server.alive():
            kept = shutil.copy(self._server.log, self._logs / "mysql.log")  # its own folder goes with the run
            raise TestEnvironmentError(f"the MySQL server ended by itself; its log: {kept}")
        super()._check_processes()


class NamedServerStack(ProcessStack):
    """The server is a running one that ``mysql_host`` names, with a schema and accounts of this run's own."""

    def _make_accounts(self, suffix: str, folder: Path) -> Accounts:
        server, name = server_account(self._settings), self._settings.mysql_database
        if name == Settings.mysql_database:
            name = f"{name}_{suffix}"
        server.connect().close()
        make_schema(server, name, SQL_FILES, on_made=lambda: self._warden.drop_schema(server, [name], users(suffix)))
        return make_accounts(server, name, suffix)


def _in_use(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
