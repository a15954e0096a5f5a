"""What every stack is: a MySQL server with a schema and accounts, a SaaS API, and workers to be had."""

import os
import platform
import shlex
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

from support.contract import LATENCY_DEGRADATION, ROWS_EXAMINED_DEGRADATION
from support.errors import TestEnvironmentError
from support.gateway.gateway import Gateway
from support.gateway.refusals import Refusals
from support.history.calls import name_of
from support.mysql import tables
from support.mysql.database import Account, Database, flavour_of
from support.mysql.journal import Journal
from support.mysql.schemas import Accounts
from support.relay.relay import Relay
from support.servers.ports import free_port
from support.settings import BUNDLED_AGENT, BUNDLED_API, ENVIRONMENT_PREFIX, LOOPBACK, PROJECT, Settings
from support.stacks.saas_api import SaasApi
from support.stacks.warden import Warden, own_environments
from support.stacks.worker import Worker
from support.waiting import eventually

SQL_FOLDER = PROJECT / "docker" / "mysql"
EXECUTOR_FOLDER = PROJECT / "docker" / "executor"
API_START_SECONDS = 30.0

WATCH_SECONDS = 1.0
"""How often a server is asked whether it is still there, while something else is waited for."""


class Stack:
    """Everything under test, running.

    :param run_id: makes names on a shared server this run's own.
    :param api_secret: shared by agents and API; empty where there is none.
    :raises AcceptanceError: a part is not there or not well; what was started by then is ended by the warden.
    """

    window_factor = 1.0
    """How much longer than set the windows are in which queries are measured; who uses the stack may lengthen them."""

    pace = 1
    """How many times as long as set all times of workers are; who uses the stack raises it on a busy machine."""

    owns_its_server = False
    """Whether nobody else uses the server, so that its record of statements may be emptied."""

    def __init__(
        self, settings: Settings, run_id: str, folder: Path, logs: Path, api_secret: str, warden: Warden
    ) -> None:
        self._settings, self._logs, self._api_secret, self._warden = settings, logs, api_secret, warden
        self._watched = 0.0
        self.accounts = self._make_accounts(run_id.partition(".")[0].rpartition("-")[2], folder)
        self.schema = self.accounts.suite.database or ""
        self.database = Database(self.accounts.suite)
        self.pristine = tables.look(self.database, self.schema)
        version = self.database.value("SELECT VERSION()")
        self.server_version = f"{flavour_of(version)} {version}"
        self.api = self._find_api()
        self.health = self.api.health()
        self.journal = Journal(self.accounts.suite, self.owns_its_server, self.database)

    # -- what a kind of stack has to say --------------------------------------------------------------------

    def _make_accounts(self, suffix: str, folder: Path) -> Accounts:
        """The server with its schema, and who is who on it; ``suffix`` makes a name this run's own."""
        raise NotImplementedError

    def _find_api(self) -> SaasApi:
        """The SaaS API, answering."""
        raise NotImplementedError

    def check_alive(self) -> None:
        """Raise TestEnvironmentError if a part of the stack has ended by itself, or does not answer any more."""
        self._check_processes()
        self.database.value("SELECT 1")

    def watch(self) -> None:
        """The same as far as it can be told at little cost, for it is asked all the time while a worker works."""
        self._check_processes()
        if time.monotonic() - self._watched > WATCH_SECONDS:
            self._watched = time.monotonic()
            self.database.value("SELECT 1")

    def _check_processes(self) -> None:
        """Raise TestEnvironmentError if a process that this stack has started has ended by itself."""

    def api_environment(self) -> Mapping[str, str] | None:
        """The environment that the SaaS API really runs with; None where it can't be seen."""
        return None

    def second_api(self) -> "SecondApi | None":
        """Another SaaS API of the same schema, running; None where the suite can't start one."""
        return None

    def api_leases(self) -> dict[int, float]:
        """With what EXECUTION_LEASE_TIMEOUT_SECONDS the APIs run, as far as that is known: 1 is the first, 2 the second."""
        return {}

    def new_api_log(self) -> str:
        """What the APIs have logged since this was last asked for; empty where that can't be seen."""
        return ""

    def what_is_gone(self) -> TestEnvironmentError | None:
        """What ``check_alive`` finds, if anything."""
        try:
            self.check_alive()
        except TestEnvironmentError as error:
            return error
        return None

    # -- what all have in common ----------------------------------------------------------------------------

    def secrets(self) -> list[str]:
        """What must never be shown."""
        passwords = [account.password for account in vars(self.accounts).values()]
        return [secret for secret in (*passwords, self._api_secret) if secret]

    def worker(self, number: int, execution_id: str, log: Path, **times: float) -> Worker:
        """A worker, not yet started, with a gateway and a relay of its own.

        :param times: contract variables in lower case (``execution_lease_timeout_seconds`` …) that differ from the run's; a
            time is scaled as the run's settings say.
        """
        gateway, relay = Gateway(name_of(number), [self.api.url], free_port()), self._relay(number)
        command = self._settings.agent_command.replace("{execution_id}", shlex.quote(execution_id))
        return Worker(number, command, self._agent_environment(number, gateway, relay, times), gateway, relay, log)

    def _relay(self, number: int, host: str = LOOPBACK[0]) -> Relay:
        """A worker's way to the server; ``host`` is this machine's address for it."""
        owner, agent = name_of(number), self.accounts.agent
        return Relay(owner, (agent.host, agent.port), partial(self.journal.note, owner), free_port(), host)

    def refusals(self) -> Refusals:
        """The refused connections of the network that workers are in."""
        return Refusals()

    def workers_running(self) -> list[str]:
        """The names of the workers that still run; a WORKER_ID of the run's own, which every part inherits, names none."""
        names = [found.get("WORKER_ID") for found in own_environments()]
        return [name for name in names if name and name != os.environ.get("WORKER_ID")]

    def environment(self) -> dict[str, str]:
        """Where the run takes place, as the parts themselves report it."""
        return {
            "MySQL Server": self.server_version,
            "SaaS API": f"{self.health.get('version', 'unknown')} ({self.health.get('commit', 'unknown')})",
            **self.agent(),
            "Test Database": self.schema,
            "OS": platform.platform(),
            "Stack": self._settings.stack,
        }

    def agent(self) -> dict[str, str]:
        """What there is to say of the agent and of the Node.js it runs on, if it does."""
        command = self._settings.agent_command
        if command == BUNDLED_AGENT:
            return {"Agent": f"bundled, the same package as the SaaS API ({self.health.get('version', 'unknown')})"}
        facts = {"Agent": command}
        program = shlex.split(command)[0]
        if Path(program).name in ("node", "nodejs"):
            try:
                asked = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=False)
                facts["Node.js"] = asked.stdout.strip()
            except (OSError, subprocess.TimeoutExpired):
                pass  # the first worker will say so better
        return facts

    def stop(self) -> None:
        """Drop the suite's own connections; what was started is ended by the warden, as when the run is killed."""
        self.journal.close()
        self.database.close()
        self.api.close()

    def _environment(self, account: Account, command: str) -> dict[str, str]:
        """What every part under test gets: the contract's names, nothing of the run's own settings."""
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(ENVIRONMENT_PREFIX)},
            **self._warden.environment(),
            **(bundled() if command in (BUNDLED_API, BUNDLED_AGENT) else {}),
            "MYSQL_HOST": account.host,
            "MYSQL_PORT": str(account.port),
            "MYSQL_USER": account.user,
            "MYSQL_PASSWORD": account.password,
            "MYSQL_DATABASE": account.database or "",
            "API_SECRET": self._api_secret,
            "LOG_LEVEL": self._settings.log_level,
        }

    def _agent_environment(
        self, number: int, gateway: Gateway, relay: Relay, times: dict[str, float]
    ) -> dict[str, str]:
        settings = self._settings
        account = replace(self.accounts.agent, host=relay.host, port=relay.port)
        limits = {
            "latency_degradation_threshold": LATENCY_DEGRADATION,
            "rows_examined_degradation_threshold": ROWS_EXAMINED_DEGRADATION,
            "min_sample_count": settings.min_sample_count,
        }
        limits |= {name: times[name] for name in limits if name in times}
        values = {
            "execution_lease_timeout_seconds": settings.lease_seconds,
            "metrics_window_minutes": settings.metrics_window_seconds / 60,
            "kill_switch_timeout_seconds": settings.kill_switch_timeout_seconds,
            "ddl_lock_wait_timeout_seconds": settings.ddl_lock_wait_seconds,
            **{name: value for name, value in times.items() if name not in limits},
        }
        values["metrics_window_minutes"] *= self.window_factor
        environment = {
            **self._environment(account, settings.agent_command),
            "SAAS_API_URL": gateway.url,
            "WORKER_ID": f"worker-{number}",
            **{name.upper(): number_text(value) for name, value in limits.items()},
            **{name.upper(): number_text(settings.scaled(value) * self.pace) for name, value in values.items()},
        }
        return {**environment, **settings.agent_variables(environment)}


@dataclass
class SecondApi:
    """Another SaaS API of the same schema, in another time zone, with a relay on its way to the server."""

    api: SaasApi
    relay: Relay

    def database_away(self) -> None:
        """From now on it can't reach its database."""
        self.relay.refuse()
        self.relay.cut(self.relay.open_connections)

    def database_back(self) -> None:
        """End that; does nothing if it can."""
        self.relay.listen_again()


def await_health(api: SaasApi, check_started: Callable[[], None], within: float) -> None:
    """Wait ``within`` seconds, then WaitTimeout, for the API; ``check_started`` raises if there is none to wait for."""

    def healthy() -> bool:
        check_started()
        try:
            return bool(api.health())
        except TestEnvironmentError as not_yet:
            raise ConnectionError(str(not_yet)) from not_yet

    eventually(healthy, within=within, what="an answer of the SaaS API", ignoring=(ConnectionError,))


@cache
def bundled() -> dict[str, str]:
    """What the bundled programs are given besides: where they are, and the commit they are of."""
    head = ["git", "rev-parse", "--short", "HEAD"]
    try:
        commit = subprocess.run(head, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.strip()
    except (FileNotFoundError, subprocess.CalledProcessError):
        commit = "unknown"
    return {"PYTHONPATH": str(EXECUTOR_FOLDER), "EXECUTOR_COMMIT": commit}


def number_text(value: float) -> str:
    """A number as a variable has it: whole where it is whole."""
    return str(int(value)) if float(value).is_integer() else f"{value:.6f}"
