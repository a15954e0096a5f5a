"""What differs between the servers that a run can start; whoever has to know asks here.

Only what is needed to start a server, and what it is called, goes by name and version. All else is measured on the
running server, so that one nobody has thought of is judged by what it does: whether it keeps the text of prepared statements
(``mysql/journal.py``), an ALTER whose client died (``scenario/two_workers.py``), SPATIAL indexes (``checks/needs.py``).
"""

from dataclasses import dataclass

from support.mysql.database import MARIADB, MYSQL

PROGRAMS = {MYSQL: ("mysqld",), MARIADB: ("mariadbd", "mysqld")}
"""The names of each flavour's server program, the best first."""


@dataclass(frozen=True)
class Kind:
    """How a private server of a flavour and version ("9.7.4") is made and started."""

    flavour: str
    version: str

    def _from(self, *version: int) -> bool:
        """MySQL of that version or later."""
        return self.flavour == MYSQL and tuple(map(int, self.version.split("."))) >= version

    @property
    def options(self) -> list[str]:
        """What only this kind takes, or takes in this form. Its statements shall neither read nor write files."""
        no_files = ["--secure-file-priv=NULL"] if self._from(5, 7, 16) else []
        # A fifth off the start of MySQL; MariaDB gives up the option, and has little to gain.
        return no_files + (["--innodb-flush-method=nosync"] if self.flavour == MYSQL else [])

    @property
    def small_redo_log(self) -> str:
        """A redo log that is quickly copied."""
        return "--innodb-redo-log-capacity=8M" if self._from(8, 0, 30) else "--innodb-log-file-size=8M"

    @property
    def initialises_itself(self) -> bool:
        """It makes its system tables by ``--initialize``; the others from SQL files beside their messages."""
        return self._from(5, 7, 6)

    @property
    def system_tables(self) -> tuple[tuple[str, ...], str]:
        """The names of those files, and the SQL that leaves root at localhost as the only account."""
        if self.flavour == MARIADB:
            forgotten = "DELETE FROM global_priv WHERE Host <> 'localhost';\nDELETE FROM proxies_priv;\n"
            return ("system_tables", "performance_tables", "system_tables_data"), forgotten
        forgotten = (
            "DELETE FROM user WHERE User = '' OR Host <> 'localhost';\nDELETE FROM db;\nDELETE FROM proxies_priv;\n"
        )
        return ("system_tables", "system_tables_data"), forgotten

    def first_statements(self, user: str, host: str, password: str) -> str:
        """SQL, a statement a line, that gives ``user`` this password, at localhost and at ``host``."""
        if self.flavour == MYSQL and not self._from(5, 7, 6):
            return (
                f"SET PASSWORD FOR '{user}'@'localhost' = PASSWORD('{password}');\n"
                f"GRANT ALL PRIVILEGES ON *.* TO '{user}'@'{host}' IDENTIFIED BY '{password}' WITH GRANT OPTION;\n"
            )
        return (
            f"ALTER USER '{user}'@'localhost' IDENTIFIED BY '{password}';\n"
            f"CREATE USER IF NOT EXISTS '{user}'@'{host}';\n"
            f"ALTER USER '{user}'@'{host}' IDENTIFIED BY '{password}';\n"
            f"GRANT ALL PRIVILEGES ON *.* TO '{user}'@'{host}' WITH GRANT OPTION;\n"
        )
