"""Every setting of a run, in one class: file < environment < ``-D name=value``."""

import os
import shlex
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from support.contract import AGENT_VARIABLES, MIN_SAMPLES
from support.errors import SettingsError, did_you_mean

PROJECT = Path(__file__).resolve().parent.parent
FILE = PROJECT / "acceptance.toml"
ENVIRONMENT_PREFIX = "ACCEPTANCE_"
OWN_SCHEMA_PREFIX = "executor_test"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
EMBEDDED, COMPOSE, EXTERNAL = STACKS = ("embedded", "compose", "external")
BUNDLED_API = f"{shlex.quote(sys.executable)} -m executor_v1.api"
BUNDLED_AGENT = f"{shlex.quote(sys.executable)} -m executor_v1.agent run {{execution_id}}"
MASK = "********"
OF_THE_PLACE = (
    "reports", "jobs", "tester", "reviewer", "time_zone", "api_port", "api_url", "api_secret", "mysql_host", "mysql_port",
    "mysql_user", "mysql_password", "mysql_database", "agent_mysql_user", "agent_mysql_password", "allow_remote_host",
)  # fmt: skip
"""The settings that say where and for whom a run is, and nothing of what it judges."""

_YES_OR_NO = {**dict.fromkeys(("yes", "true", "on", "1"), True), **dict.fromkeys(("no", "false", "off", "0"), False)}
_WORDS = {int: "a whole number", float: "a number", bool: "yes or no"}


def _setting(default: Any, meaning: str, *stacks: str, secret: bool = False) -> Any:
    """A setting with its meaning for docs/settings.md, and the stacks that use it: all of them, if none is named."""
    return field(default=default, metadata={"meaning": meaning, "stacks": stacks or STACKS, "secret": secret})


@dataclass(frozen=True)
class Settings:
    """What a person can choose. Times are in seconds; ``docs/settings.md`` lists them with their meaning."""

    stack: str = _setting(
        EMBEDDED,
        "how the parts under test are run: as processes, in containers, or as yours that are running ([stacks](servers.md#stacks))",
    )
    server: str = _setting(
        "auto",
        "the MySQL program: `auto`, `mysql`, `mariadb`, [one that can be fetched](servers.md#which-server) such as"
        " `mysql-9.7`, or a path",
        EMBEDDED,
    )
    mysql_host: str = _setting(
        "", "a running MySQL server to use in place of a private one; empty: a private one", EMBEDDED, EXTERNAL
    )
    mysql_port: int = _setting(3306, "its port", EMBEDDED, EXTERNAL)
    mysql_user: str = _setting(
        "root", "its account; it has to be allowed to create schemas and accounts", EMBEDDED, EXTERNAL
    )
    mysql_password: str = _setting("", "the password of that account", EMBEDDED, EXTERNAL, secret=True)
    mysql_database: str = _setting(
        "executor_test", "the schema to make and use (`external`: to use); the name starts with `executor_test`"
    )
    allow_remote_host: bool = _setting(
        False, "`yes` to let a run use a MySQL server or a SaaS API on another machine", EMBEDDED, EXTERNAL
    )
    allow_other_schema: bool = _setting(False, "`external`: `yes` to let a run use a schema of another name", EXTERNAL)
    may_empty_tables: bool = _setting(
        False, "`external`: `yes` to let a run delete rows of the executor's tables that are not the suite's", EXTERNAL
    )
    api_command: str = _setting(BUNDLED_API, "the command that starts the SaaS API", EMBEDDED)
    api_port: int = _setting(0, "the port of the SaaS API; 0: a free one", EMBEDDED)
    api_url: str = _setting("", "`external`: the address of the SaaS API, as in `http://127.0.0.1:3000`", EXTERNAL)
    api_replicas: int = _setting(1, "`compose`: how many containers of the SaaS API share the database", COMPOSE)
    api_secret: str = _setting(
        "", "the secret between agent and API; empty: a random one for each run (`external`: none)", secret=True
    )
    agent_command: str = _setting(BUNDLED_AGENT, "the command that starts one worker for the run `{execution_id}`")
    agent_environment: str = _setting(
        "", "more variables for the agent, made of the contract's: `DB_HOST={MYSQL_HOST} NODE_ENV=test`"
    )
    agent_mysql_user: str = _setting("", "`external`: the agent's MySQL account; empty: the run makes one", EXTERNAL)
    agent_mysql_password: str = _setting("", "the password of that account", EXTERNAL, secret=True)
    lease_seconds: int = _setting(5, "the lease of a claim where a scenario does not need it to run out")
    short_lease_seconds: int = _setting(1, "the lease of a claim that a scenario lets run out")
    metrics_window_seconds: float = _setting(0.5, "the length of the windows in which queries are measured")
    min_sample_count: int = _setting(MIN_SAMPLES, "samples below which a window is inconclusive")
    kill_switch_timeout_seconds: float = _setting(5.0, "the deadline of a kill-switch call")
    short_kill_switch_timeout_seconds: float = _setting(1.0, "the same where a scenario lets the call time out")
    ddl_lock_wait_seconds: int = _setting(10, "how long an ALTER may wait for its lock")
    short_ddl_lock_wait_seconds: int = _setting(1, "the same where a scenario lets the wait run out")
    time_scale: float = _setting(1.0, "all the times above, and all patience, times this: for a slower executor")
    patience_seconds: float = _setting(30.0, "how long a worker or a gate is waited for before it counts as hanging")
    log_level: str = _setting("DEBUG", "the log level of API and agents")
    jobs: int = _setting(
        0,
        "how many scenarios are carried out side by side, each with a server of its own; 0: as many as the machine can handle",
    )
    reports: str = _setting("reports", "the folder for what a run leaves")
    time_zone: str = _setting("Asia/Bangkok", "the time zone of the times that people read")
    tester: str = _setting("", "the tester's name in the result log")
    reviewer: str = _setting("", "the reviewer's name in the result log")
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)
    """No setting: by name, who named a setting (the file, the environment, -D), the last of which counts."""

    def __post_init__(self) -> None:
        self._check(self.stack in STACKS, "stack", f"is not a known stack; known: {', '.join(STACKS)}")
        self._check(0 <= self.api_port < 65536, "api_port", "is not a port")
        self._check(0 < self.mysql_port < 65536, "mysql_port", "is not a port")
        for setting in self.known():
            name, default, value = setting.name, setting.default, getattr(self, setting.name)
            if value != default and self.stack not in setting.metadata["stacks"]:
                # a person who chose it means something else than what would be run
                raise SettingsError(f"setting {name} has no effect with the stack {self.stack}: leave it out")
            if isinstance(default, int | float) and default > 0:
                self._check(value > 0, name, "has to be more than zero")
        self._check_what_may_be_touched()
        self._check("{execution_id}" in self.agent_command, "agent_command", "has to contain {execution_id}")
        self._check(self.jobs >= 0, "jobs", "is less than zero")
        self.agent_variables(dict.fromkeys(AGENT_VARIABLES, ""))
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise SettingsError(f"setting time_zone: {self.time_zone!r} is not a known time zone") from error

    def _check_what_may_be_touched(self) -> None:
        ours = self.mysql_database.startswith(OWN_SCHEMA_PREFIX) and len(self.mysql_database) <= 50
        external = self.stack == EXTERNAL
        unless = "; if you mean it, say so with -D allow_other_schema=yes" if external else ""
        other = f"is not a schema this suite may touch: a name has to start with {OWN_SCHEMA_PREFIX!r}{unless}"
        self._check(ours or (external and self.allow_other_schema), "mysql_database", other)
        remote = "is another machine; if you mean it, say so with -D allow_remote_host=yes"
        self._check(not self.mysql_host or self.mysql_host in LOOPBACK or self.allow_remote_host, "mysql_host", remote)
        if external:
            self._check(bool(self.mysql_host), "mysql_host", "is no address; the stack external needs a running server")
            address = urlsplit(self.api_url)
            known = address.scheme in ("http", "https") and bool(address.hostname)
            self._check(known, "api_url", "is no address of an API; one is like http://127.0.0.1:3000")
            self._check(address.hostname in LOOPBACK or self.allow_remote_host, "api_url", remote)

    def agent_variables(self, environment: Mapping[str, str]) -> dict[str, str]:
        """What ``agent_environment`` adds to the contract's variables; SettingsError if it is not NAME=value, or uses others."""
        try:
            pairs = [word.partition("=") for word in shlex.split(self.agent_environment)]
            if any(not name.isidentifier() or not equals for name, equals, _ in pairs):
                raise ValueError("it is not made of NAME=value")
            return {name: template.format_map(environment) for name, _, template in pairs}
        except (ValueError, KeyError, AttributeError, IndexError) as error:
            cause = f"there is no variable {error}" if isinstance(error, KeyError) else str(error)
            known = ", ".join(AGENT_VARIABLES)
            raise SettingsError(
                f"setting agent_environment: {self.agent_environment!r} cannot be used: {cause}; in braces: {known}"
            ) from error

    def _check(self, holds: bool, name: str, complaint: str) -> None:
        if not holds:
            raise SettingsError(f"setting {name}: {getattr(self, name)!r} {complaint}")

    def scaled(self, seconds: float) -> float:
        """``seconds``, longer or shorter as ``time_scale`` says."""
        return seconds * self.time_scale

    @property
    def patience(self) -> float:
        """Seconds after which something that should have come counts as hanging."""
        return self.scaled(self.patience_seconds)

    @property
    def reports_folder(self) -> Path:
        """The folder for what a run leaves, as an absolute path."""
        return (PROJECT / self.reports).resolve()

    def secrets(self) -> list[str]:
        """The values that must never be shown."""
        return [
            value for setting in self.known() if setting.metadata["secret"] and (value := getattr(self, setting.name))
        ]

    def shown(self) -> list[tuple[str, str]]:
        """(name, value) of every setting that is not at its default, or that one source has and another one overrules.

        In place of a secret stands the variable to take it from, as in ``$ACCEPTANCE_API_SECRET``; a mask if it is in the
        file, where every run finds it.
        """
        found = []
        for setting in self.known():
            name, value, sources = setting.name, getattr(self, setting.name), self.sources.get(setting.name, ())
            if value == setting.default and (setting.metadata["secret"] or len(sources) < 2):
                continue
            if setting.metadata["secret"]:
                value = MASK if sources[-1:] == (FILE.name,) else f"${variable_of(name)}"
            found.append((name, str(value)))
        return found

    @classmethod
    def known(cls) -> list["Field[Any]"]:
        """Every setting there is, with its default and its metadata."""
        return [setting for setting in fields(cls) if setting.metadata]

    @classmethod
    def read(
        cls,
        userdata: Mapping[str, str],
        environment: Mapping[str, str] = os.environ,
        file: Path = FILE,
    ) -> "Settings":
        """The settings from the file (if there is one), the environment and behave's ``-D``; SettingsError in one line."""
        known = {setting.name: type(setting.default) for setting in cls.known()}
        chosen: dict[str, Any] = {}
        sources: dict[str, tuple[str, ...]] = {}
        ours = {
            name.removeprefix(ENVIRONMENT_PREFIX).lower(): value
            for name, value in environment.items()
            if name.startswith(ENVIRONMENT_PREFIX)
        }
        for source, values in ((file.name, _from_file(file)), ("the environment", ours), ("-D", userdata)):
            for name, value in values.items():
                if name not in known:
                    hint = did_you_mean(name, known)
                    hint = f"{hint} Known" if hint else "; known"
                    raise SettingsError(f"unknown setting {name!r} in {source}{hint}: {', '.join(sorted(known))}")
                chosen[name] = _converted(name, str(value).strip(), known[name], source)
                sources[name] = (*sources.get(name, ()), source)
        return cls(**chosen, sources=sources)


def variable_of(name: str) -> str:
    """The variable of the environment that a setting can be given in."""
    return f"{ENVIRONMENT_PREFIX}{name.upper()}"


def _from_file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{file.name} cannot be read: {error}") from error


def _converted(name: str, text: str, kind: type, source: str) -> Any:
    try:
        return _YES_OR_NO[text.lower()] if kind is bool else kind(text)
    except (KeyError, ValueError) as error:
        raise SettingsError(f"setting {name} in {source}: {text!r} is not {_WORDS[kind]}") from error
