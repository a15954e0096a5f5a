"""Which server program a run uses: the one the setting names, else the best one that is to be had."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from support.errors import TestEnvironmentError, last_line
from support.mysql.database import MARIADB, MYSQL, flavour_of
from support.servers.kinds import PROGRAMS, Kind
from support.servers.packages import FETCHABLE, fetched, is_here

BESIDES_PATH = ("/usr/sbin", "/usr/local/sbin", "/usr/libexec", "/usr/local/mysql/bin", "/opt/homebrew/opt/mysql/bin")
"""Where packages put servers though it is on few people's PATH."""

ASKING_SECONDS = 20.0

INSTALL = """\
no MySQL server was found, and none could be fetched{why}; install one, or name one in the setting `server`:
  Debian:  apt-get install mariadb-server-core  (MySQL itself is fetched if a mirror can be reached)
  Ubuntu:  apt-get install default-mysql-server-core
  Fedora:  dnf install community-mysql-server
  macOS:   brew install mysql
  any:     unpack a server archive from mysql.com and put its bin folder on the PATH"""


@dataclass(frozen=True)
class ServerProgram(Kind):
    """A server program that was asked for its version.

    :param banner: all that it says of itself, from its version on.
    :param source: how it came to be chosen: "the setting", "PATH" or "fetched".
    :param basedir: the folder above its share/ and lib/, where these can be seen; None: the program knows.
    :param messages: the folder with its error messages, and for MariaDB the SQL of its system tables; None likewise.
    """

    path: Path
    banner: str
    source: str
    basedir: Path | None
    messages: Path | None

    def __str__(self) -> str:
        return f"{self.flavour} {self.version} ({self.source}: {self.path})"


def choose_program(setting: str, project: Path) -> ServerProgram:
    """The server program that ``setting`` means.

    :param setting: `auto`, `mysql`, `mariadb`, one of ``packages.FETCHABLE``, or a path to a program, as seen from ``project``.
    :param project: the project's folder; what is fetched goes to ``.servers`` in it and is used again.
    :raises TestEnvironmentError: it is not there, does not run, or could not be fetched.
    """
    setting = setting.strip()
    servers = project / ".servers"
    if setting == "auto":
        return _best(servers)
    for flavour in PROGRAMS:
        if setting == flavour.lower():
            return _on_path(flavour) or _fetched(setting, servers)
    if setting in FETCHABLE:
        return _fetched(setting, servers)
    if "/" not in setting:
        words = ", ".join(["auto", "mysql", "mariadb", *FETCHABLE])
        raise TestEnvironmentError(f"setting server: {setting!r} is none of {words}, and no path to a server program")
    path = project / Path(setting).expanduser()
    if not path.is_file():
        raise TestEnvironmentError(f"setting server: there is no program {path}")
    return asked(path, "the setting")


def fetch_first(setting: str, project: Path) -> None:
    """Have what ``setting`` means fetched, if it has to be, by this process: what it tells of that, people see."""
    word = "mysql" if setting.strip() == "auto" else setting.strip()
    try:
        here = word not in ("mysql", "mariadb", *FETCHABLE) or is_here(word, project / ".servers")
    except TestEnvironmentError:
        return  # nothing can be fetched on this system
    if not here:
        choose_program(setting, project)


def asked(path: Path, source: str) -> ServerProgram:
    """The program at ``path``, as it describes itself: a `mysqld` may be MariaDB; TestEnvironmentError if it is no server."""
    try:
        answer = subprocess.run(
            [path, "--no-defaults", "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
            errors="replace", timeout=ASKING_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise TestEnvironmentError(f"{path} gave no version within {ASKING_SECONDS:.0f} s") from error
    except OSError as error:
        raise TestEnvironmentError(f"{path} cannot be run: {error.strerror}") from error
    found = re.search(r"\bVer (\d+\.\d+\.\d+).*", answer.stdout)
    if answer.returncode or not found:
        complaint = last_line(answer.stderr, last_line(answer.stdout, f"exit code {answer.returncode}"))
        raise TestEnvironmentError(f"{path} is not a MySQL or MariaDB server that runs here; it says: {complaint}")
    basedir, messages = _share(path.resolve())
    return ServerProgram(flavour_of(found[0]), found[1], path, found[0], source, basedir, messages)


def _share(program: Path) -> tuple[Path, Path] | tuple[None, None]:
    """The base folder and the messages folder that go with a program (P/bin/program, or a wrapper beside P/usr)."""
    above = program.parent.parent
    for basedir in (above / "usr", above):
        for share in ("mysql", "mariadb", "."):
            messages = basedir / "share" / share
            if (messages / "english" / "errmsg.sys").is_file():
                return basedir, messages
    return None, None


def _best(servers: Path) -> ServerProgram:
    if program := _on_path(MYSQL):
        return program
    try:
        return _fetched("mysql", servers)
    except TestEnvironmentError as error:
        why = str(error)
    program = _on_path(MARIADB)
    if program is None:
        raise TestEnvironmentError(INSTALL.format(why=f" ({why})"))
    print(f"no MySQL server: {why}; using {program} in its place, which shows less than MySQL would", file=sys.stderr)
    return program


def _on_path(flavour: str) -> ServerProgram | None:
    """The first program of ``flavour`` on the PATH or where packages put one; those that do not run are passed over."""
    for folder in [*os.environ.get("PATH", os.defpath).split(os.pathsep), *BESIDES_PATH]:
        for name in PROGRAMS[flavour]:
            path = shutil.which(name, path=folder) if folder else None
            if path is None:
                continue
            try:
                program = asked(Path(path), "PATH")
            except TestEnvironmentError as error:
                print(f"passed over: {error}", file=sys.stderr)
                continue
            if program.flavour == flavour:
                return program
    return None


def _fetched(word: str, servers: Path) -> ServerProgram:
    program = asked(fetched(word, servers), "fetched")
    series = word.partition("-")[2]
    if series and not program.version.startswith(f"{series}."):
        raise TestEnvironmentError(
            f"setting server: {word!r} cannot be had, the package is {program.flavour} {program.version} now"
        )
    return program
