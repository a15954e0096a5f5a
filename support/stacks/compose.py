"""The compose stack: everything under test in containers, as docker/compose.yaml describes them.

Agents are containers, too, one for each worker. The gateway and the relay of each listen at the address that this
machine has in the containers' network, so they stand between agent, API and server as they do elsewhere.
"""

import hashlib
import json
import secrets
import shlex
from pathlib import Path

from support.contract import AGENT_VARIABLES
from support.errors import TestEnvironmentError
from support.gateway.gateway import Gateway
from support.gateway.refusals import Refusals
from support.history.calls import name_of
from support.mysql.database import Account
from support.mysql.schemas import Accounts, make_accounts
from support.servers.long_work import progress
from support.servers.ports import free_port
from support.settings import BUNDLED_AGENT, PROJECT
from support.stacks.containers import ContainerWorker, Engine
from support.stacks.saas_api import SaasApi
from support.stacks.stack import API_START_SECONDS, EXECUTOR_FOLDER, Stack, await_health, bundled, number_text
from support.stacks.worker import Worker, start_part

FILE = PROJECT / "docker" / "compose.yaml"
AGENT_IN_ITS_IMAGE = "python -m executor_v1.agent run {execution_id}"
MYSQL_PORT, API_PORT = 3306, 3000
ANY_PORT = "127.0.0.1:0"
PASSWORDS = ("MYSQL_ROOT_PASSWORD", "MYSQL_API_PASSWORD", "MYSQL_AGENT_PASSWORD")


class ComposeStack(Stack):
    """Everything is in containers of one project."""

    window_factor = 2.0  # talking to a container takes longer; a window has to hold all of the application's queries
    owns_its_server = True

    def check_alive(self) -> None:
        for container in (self._server, *self._apis):
            if self._engine.inspect(container, "{{.State.Running}}") != "true":
                name = self._engine.inspect(container, "{{.Name}}").lstrip("/")
                raise TestEnvironmentError(f"the container {name} ended by itself; its log: {self._logs}")
        super().check_alive()

    def api_environment(self) -> dict[str, str]:
        variables = json.loads(self._engine.inspect(self._apis[0], "{{json .Config.Env}}"))
        return dict(variable.split("=", 1) for variable in variables)

    def worker(self, number: int, execution_id: str, log: Path, **times: float) -> Worker:
        self._workers += 1
        container = f"{self._engine.project}-worker-{number}-{self._workers}"
        gateway = Gateway(name_of(number), self._api_urls, free_port(), self._host, self._refusals_of(container))
        relay = self._relay(number, self._host)
        environment = self._agent_environment(number, gateway, relay, times)
        names = [*AGENT_VARIABLES, *self._settings.agent_variables(environment)]
        words = [word.replace("{execution_id}", execution_id) for word in shlex.split(self._agent_command)]
        return ContainerWorker(number, words, environment, gateway, relay, log, self._engine, container, names)

    def refusals(self) -> Refusals:
        return self._refusals_of(self._apis[0])

    def _refusals_of(self, container: str) -> Refusals:
        """Each container has a network of its own, seen from here through a process in it."""
        return Refusals(lambda: f"/proc/{self._engine.inspect(container, '{{.State.Pid}}')}/net/snmp")

    def workers_running(self) -> list[str]:
        ours = f"label=com.docker.compose.project={self._engine.project}"
        return self._engine.docker(
            "ps", "--filter", ours, "--filter", "label=com.docker.compose.oneoff=True", "--format", "{{.Names}}"
        ).split()

    def agent(self) -> dict[str, str]:
        return {
            "Agent": f"container, {self._agent_command}",
            "Containers": f"Docker {self._engine_version}; {len(self._apis)} of the SaaS API",
        }

    # -- parts ----------------------------------------------------------------------------------------------

    def _make_accounts(self, suffix: str, folder: Path) -> Accounts:
        command = self._settings.agent_command
        self._workers, self._agent_command = 0, AGENT_IN_ITS_IMAGE if command == BUNDLED_AGENT else command
        self._engine = self._project(suffix)
        self._engine_version = self._engine.version()
        self._bring_up()
        password = self._engine.environment["MYSQL_ROOT_PASSWORD"]
        server = Account("127.0.0.1", self._engine.published(self._server, MYSQL_PORT), "root", password)
        return make_accounts(server, self._settings.mysql_database, suffix)

    def _project(self, suffix: str) -> Engine:
        """A project of this run's own, with passwords of its own and whatever ports are free."""
        settings = self._settings
        environment = {
            **{name: secrets.token_urlsafe(18) for name in PASSWORDS},
            "API_SECRET": self._api_secret,
            "LOG_LEVEL": settings.log_level,
            "MYSQL_DATABASE": settings.mysql_database,
            "EXECUTION_LEASE_TIMEOUT_SECONDS": number_text(settings.scaled(settings.lease_seconds)),
            "EXECUTOR_COMMIT": bundled()["EXECUTOR_COMMIT"],
            "EXECUTOR_IMAGE": f"executor-v1:{_fingerprint(EXECUTOR_FOLDER)}",
            "PUBLISH_MYSQL": ANY_PORT,
            "PUBLISH_API": ANY_PORT,
        }
        return Engine(f"executor-acceptance-{suffix}", FILE, environment)

    def _bring_up(self) -> None:
        """Start server and API, wait until they are healthy, and keep what they say; the warden takes them down."""
        engine = self._engine
        down = ["down", "--volumes", "--remove-orphans", "--timeout", "0"]
        self._warden.run_at_the_end([*engine.compose_command, *down], engine.environment)
        with progress("starting the containers"):
            scale = f"api={self._settings.api_replicas}"
            engine.compose("up", "--detach", "--build", "--wait", "--scale", scale, "mysql", "api")
        (self._server,) = engine.containers("mysql")
        self._apis = engine.containers("api")
        for service, log in (("api", "saas-api"), ("mysql", "mysql")):
            follow = [*engine.compose_command, "logs", "--follow", "--no-color", service]
            environment = {**self._environment(Account("", 0, "", ""), ""), **engine.environment}
            start_part(follow, environment, self._logs / f"{log}.log")
        networks = engine.inspect(self._server, "{{range .NetworkSettings.Networks}}{{.Gateway}} {{end}}").split()
        if len(networks) != 1:
            raise TestEnvironmentError(
                f"the containers are in {len(networks)} networks with a way to this machine, not in one"
            )
        (self._host,) = networks

    def _find_api(self) -> SaasApi:
        ports = [self._engine.published(container, API_PORT) for container in self._apis]
        self._api_urls = [f"http://127.0.0.1:{port}" for port in ports]
        for url in self._api_urls:
            await_health(SaasApi(url, self._api_secret), self.check_alive, self._settings.scaled(API_START_SECONDS))
        return SaasApi(self._api_urls[0], self._api_secret)

    def secrets(self) -> list[str]:
        return [*super().secrets(), *(self._engine.environment[name] for name in PASSWORDS)]


def _fingerprint(folder: Path) -> str:
    """Names an image by what it is built of, so that working copies on one engine don't take each other's."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            digest.update(f"{file.relative_to(folder)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:12]
