"""The flavours of MySQL, and what every one of them says in its own way."""

MYSQL, MARIADB = "MySQL", "MariaDB"

PREPARED = ("statement/sql/execute_sql", "statement/com/Execute")
"""How every server records the execution of a prepared statement, with its text or without."""

NO_TEXT = (
    "by prepared statements, of which this server keeps no text; use a newer MySQL, or have the executor send plain"
    " statements"
)


def flavour_of(version: str) -> str:
    """The flavour of a server by its version as it tells it."""
    return MARIADB if "mariadb" in version.lower() else MYSQL
