"""Errors of the database server, and what each means for a run."""

import pymysql

from executor_v1 import logs

DUPLICATE_KEY_NAME = 1061
LOCK_WAIT_TIMEOUT = 1205
NOT_SUPPORTED = (1845, 1846)
DUPLICATE_INDEX_WARNING = 1831
UNKNOWN_THREAD = 1094
ONLINE_LOG_TOO_BIG = 1799
# The server or the way to it went away, so that what became of a statement is not known. 0 is the driver's own number
# for a connection it already saw closed.
CONNECTION_LOST = frozenset({0, 1053, 1927, 2003, 2006, 2013, 2055, 4031})
# Reasons to try to connect again: the server is being restarted or is full.
CONNECT_AGAIN = CONNECTION_LOST | {1040}


class ServerError(Exception):
    """What the server or its driver said; the text is always "(errno) text"."""

    def __init__(self, errno: int, text: str):
        super().__init__(f"({errno}) {logs.masked(text)}")
        self.errno = errno


def from_driver(error: pymysql.err.MySQLError) -> ServerError:
    """The driver puts a number first when it knows one."""
    args = error.args
    if args and isinstance(args[0], int):
        return ServerError(args[0], str(args[1]) if len(args) > 1 and args[1] else "connection closed")
    return ServerError(0, str(error) or type(error).__name__)


def lost_connection(error: ServerError) -> bool:
    return error.errno in CONNECTION_LOST


def needs_manual_work(error: ServerError) -> bool:
    """Whether the server can't do the change without blocking, which this program never does."""
    return error.errno in NOT_SUPPORTED


def is_retryable_drop(error: ServerError) -> bool:
    """Whether a rollback's DROP INDEX is worth another attempt: only after somebody else's lock."""
    return error.errno == LOCK_WAIT_TIMEOUT
