"""The embedded stack: a private MySQL server or a named one, the SaaS API and agents as processes."""

import shlex
import shutil
import socket
import subprocess
from dataclasses import replace
from functools import partial
from pathlib import Path

from support.errors import SettingsError, TestEnvironmentError, last_line
from support.mysql.database import Account, server_account
from support.mysql.schemas import Accounts, make_accounts, make_schema, users
from support.relay.relay import Relay
from support.servers.ports import free_port
from support.servers.private import PrivateServer
from support.servers.programs import choose_program
from support.settings import LOOPBACK, PROJECT, Settings
from support.stacks.saas_api import SaasApi
from support.stacks.stack import API_START_SECONDS, SQL_FOLDER, SecondApi, Stack, await_health, number_text
from support.stacks.warden import own_environments
from support.stacks.worker import start_part

SQL_FILES = sorted(SQL_FOLDER.glob("*.sql"))
ELSEWHERE = "Asia/Kathmandu"
"""The time zone of the second API: 5 3/4 hours from UTC, as far as any from what a server may be in."""

SECOND_LEASE_FACTOR = 4.0

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
        self._api_logs, self._logged = {1: self._logs / "saas-api.log", 2: self._logs / "saas-api-2.log"}, {1: 0, 2: 0}
        self._api_processes: dict[int, subprocess.Popen[bytes]] = {}
        self._second_api: SecondApi | None = None
        return self._start_api(1, settings.api_port or free_port(), self.accounts.api)

    def _start_api(self, number: int, port: int, account: Account, **more: str) -> SaasApi:
        settings = self._settings
        environment = {
            **self._environment(account, settings.api_command),
            "API_HOST": "127.0.0.1",
            "API_PORT": str(port),
            "EXECUTION_LEASE_TIMEOUT_SECONDS": number_text(self.api_leases()[number]),
            **more,
        }
        try:
            self._api_processes[number] = start_part(
                shlex.split(settings.api_command), environment, self._api_logs[number]
            )
        except OSError as error:
            raise SettingsError(f"api_command cannot be started: {settings.api_command}: {error.strerror}") from error
        api = SaasApi(f"http://127.0.0.1:{port}", self._api_secret)
        await_health(api, partial(self._check_api, "while starting", number), settings.scaled(API_START_SECONDS))
        return api

    def second_api(self) -> SecondApi:
        if self._second_api is None:
            account = self.accounts.api
            server = (account.host, account.port)
            relay = Relay("the second SaaS API", server, lambda _connection: None, free_port(), LOOPBACK[0])
            through = replace(account, host=relay.host, port=relay.port)
            self._second_api = SecondApi(self._start_api(2, free_port(), through, TZ=ELSEWHERE), relay)
        self._check_api("by itself", 2)
        return self._second_api

    def api_leases(self) -> dict[int, float]:
        own = self._settings.scaled(self._settings.lease_seconds)
        return {1: own, 2: SECOND_LEASE_FACTOR * own}

    def new_api_log(self) -> str:
        texts = []
        for number, log in self._api_logs.items():
            if log.exists():
                with log.open("rb") as file:
                    file.seek(self._logged[number])
                    new = file.read()
                self._logged[number] += len(new)
                texts.append(new.decode("utf-8", "replace"))
        return "\n".join(texts)

    def stop(self) -> None:
        super().stop()
        if self._second_api:
            self._second_api.api.close()
            self._second_api.relay.close()

    def _check_api(self, ended: str, number: int = 1) -> None:
        if self._api_processes[number].poll() is not None:
            log = self._api_logs[number]
            last_words = last_line(log.read_text("utf-8", "replace"), "it wrote no log")
            raise TestEnvironmentError(f"the SaaS API ended {ended} ({last_words}); its log: {log}")


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
