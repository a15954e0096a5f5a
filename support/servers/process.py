"""One server process: the options it gets, its start, and what its log says when it dies."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pymysql

from support.errors import TestEnvironmentError, last_line
from support.mysql.database import Account
from support.servers.programs import ServerProgram
from support.waiting import eventually

HOST = "127.0.0.1"
ROOT = "root"
READY_SECONDS = 60.0
LONGEST_SOCKET = 107
"""Bytes of a unix socket's path that the kernel takes."""

COMMON_OPTIONS = Path(__file__).resolve().parents[2] / "docker/mysql/conf.d/acceptance.cnf"

THROWAWAY = [
    # Nobody will need these files after a power cut; a write that has reached the kernel survives a killed server.
    "--innodb-flush-log-at-trx-commit=2",
    "--innodb-doublewrite=OFF",
    "--innodb-buffer-pool-load-at-startup=OFF",
    "--innodb-buffer-pool-dump-at-shutdown=OFF",
]


class Launch:
    """All that a server process is started from; ``log`` is what it, and every program started from this, has to say.

    :param folder: for its data, socket, log and temporary files; it is made, and only this user can look into it.
    :param environment: variables that the process gets besides this process's own.
    :raises TestEnvironmentError: the path of the folder is too long for a socket.
    """

    def __init__(self, program: ServerProgram, folder: Path, environment: Mapping[str, str]) -> None:
        self.program, self.folder, self.environment = program, folder, environment
        self.data, self.socket, self.log = folder / "data", folder / "mysql.sock", folder / "server.log"
        if len(os.fsencode(self.socket)) > LONGEST_SOCKET:
            raise TestEnvironmentError(
                f"the path of the folder is too long for a server's socket: {self.folder}; set TMPDIR"
            )
        (self.folder / "tmp").mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        # A copy: a server ignores an options file that everybody can write, as a checkout's may be.
        options = self.folder / "options.cnf"
        options.write_bytes(COMMON_OPTIONS.read_bytes())
        options.chmod(0o600)

    def run(self, *options: str, reading: Path | None = None) -> subprocess.Popen[bytes]:
        """Start the program with ``options`` besides its own, with the file ``reading`` as its input."""
        own = [
            f"--datadir={self.data}",
            f"--tmpdir={self.folder / 'tmp'}",
            f"--socket={self.socket}",
            f"--pid-file={self.folder / 'server.pid'}",
            f"--secure-file-priv={self.folder / 'tmp'}",
            f"--bind-address={HOST}",
        ]
        own += [f"--basedir={self.program.basedir}"] if self.program.basedir else []
        own += [f"--lc-messages-dir={self.program.messages}"] if self.program.messages else []
        own += ["--user=root"] if os.geteuid() == 0 else []
        own += self.program.options
        with self.log.open("ab") as log, (reading or Path(os.devnull)).open("rb") as source:
            return subprocess.Popen(
                [self.program.path, f"--defaults-file={self.folder / 'options.cnf'}", *own, *THROWAWAY, *options],
                cwd=self.folder, env={**os.environ, **self.environment}, stdin=source, stdout=log, stderr=log,
                start_new_session=True,  # or Ctrl-C in the terminal would end the server before the run can clean up
            )  # fmt: skip

    def serve(self, root: Account, *options: str) -> tuple[subprocess.Popen[bytes], str]:
        """Start a server; return it, when it answers, with the version it gives itself.

        :param root: where it is to listen, and the account that gets in from its first connection on, from this machine only.
        :raises TestEnvironmentError: it died (with the reason from its log) or does not answer.
        """
        first = self.folder / "first.sql"
        first.touch(mode=0o600)
        first.write_text(self.program.first_statements(root.user, root.host, root.password), encoding="ascii")
        process = self.run(f"--port={root.port}", f"--init-file={first}", *options)

        def answer() -> str:
            if process.poll() is not None:
                raise TestEnvironmentError(
                    f"{self.program} died at its start: {last_error(self.log)}; its log: {self.log}"
                )
            with pymysql.connect(**vars(root), connect_timeout=10) as connection, connection.cursor() as cursor:
                cursor.execute("SELECT VERSION()")
                return str(cursor.fetchall()[0][0])

        try:
            what = f"an answer of {self.program} on port {root.port} (its log: {self.log})"
            version = eventually(answer, within=READY_SECONDS, what=what, ignoring=(pymysql.OperationalError,))
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            first.unlink()
        return process, version


def last_error(log: Path) -> str:
    """The last line of a server's log that says what went wrong, without its time."""
    text = log.read_text(encoding="utf-8", errors="replace")
    errors = [line for line in text.splitlines() if "[ERROR]" in line and not line.rstrip().endswith("Aborting")]
    return errors[-1].partition("[ERROR]")[2].strip() if errors else last_line(text, "its log is empty")
