"""`python -m executor_v1.api`: serves until SIGTERM or SIGINT.

Exit codes: 0 stopped as told, 1 could not start (port, database, schema), 2 a setting is wrong.
"""

import os
import signal
import socket
import sys

import pymysql
import uvicorn

from executor_v1 import logs
from executor_v1.environment import ConfigError

from .app import create_app
from .config import ApiConfig
from .database import Database


class StartError(Exception):
    """Why the API can't serve; its text is one line."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, bound before anything else so that a taken port is told in one line."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(256)
    except OSError as error:
        raise StartError(f"can't listen on {host}:{port}: {error.strerror or error}") from error
    return listener


def open_database(config: ApiConfig) -> Database:
    database = Database(config)
    try:
        database.check_schema()
    except pymysql.err.MySQLError as error:
        where = f"{config.mysql_user}@{config.mysql_host}:{config.mysql_port}/{config.mysql_database}"
        raise StartError(f"can't use the database {where}: {error.args[-1] if error.args else error}") from error
    return database


def serve(config: ApiConfig) -> None:
    """Raises StartError when the port or the database can't be had."""
    with listen(config.host, config.port) as listener:
        app = create_app(config, open_database(config))
        server = uvicorn.Server(
            uvicorn.Config(
                app, log_config=None, access_log=False, lifespan="off", ws="none", timeout_graceful_shutdown=1
            )
        )
        logs.info("listening", host=config.host, port=listener.getsockname()[1])
        try:
            server.run(sockets=[listener])
        finally:
            logs.info("stopped")


def main() -> int:
    # uvicorn raises the signal again once it has stopped; by then it means no more than a clean end.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        config = ApiConfig.read(os.environ)
        for secret in (config.secret, config.mysql_password):
            logs.protect(secret)
        logs.configure(config.log_level, program="api")
        serve(config)
    except ConfigError as error:
        print(f"executor-api: {logs.masked(str(error))}", file=sys.stderr)
        return 2
    except StartError as error:
        print(f"executor-api: {logs.masked(str(error))}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
