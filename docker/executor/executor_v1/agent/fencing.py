"""Making sure that nobody else acts on a run: the server's own lock decides, not this program's opinion.

Every worker holds the run's lock on the connection its statements go over. A worker that took a run over finds the
holder by it and ends that connection. This is needed because a MySQL server does not notice that a client died
while its ALTER waited, and would carry that ALTER out later.
"""

import time

from executor_v1 import logs

from . import errors
from .errors import ServerError
from .lease import Lease
from .session import Session

PAUSE = 0.05


class FencingFailed(Exception):
    """An earlier worker's connection could not be ended in time; nothing may be sent beside it."""


def take_over(session: Session, lease: Lease, timeout: float) -> None:
    """Return holding the run's lock, every earlier connection of the run ended and its statement gone.

    Raises FencingFailed, LeaseLost or ServerError.
    """
    give_up = time.monotonic() + timeout
    ended: set[int] = set()
    while not session.take_lock():
        holder = session.lock_holder()
        if holder is not None and holder not in ended:
            # Without this look a worker that slept would end the connection of the one that has the run now.
            lease.check()
            end(session, holder)
            ended.add(holder)
        pause(lease, give_up, holder)
    for holder in ended:
        while session.is_connected(holder):
            pause(lease, give_up, holder)
    lease.check()


def end(session: Session, holder: int) -> None:
    logs.warning("ending_earlier_worker", mysql_connection_id=holder)
    try:
        session.kill(holder)
    except ServerError as error:
        if errors.lost_connection(error):
            raise
        raise FencingFailed(f"connection {holder} of an earlier worker can't be ended: {error}") from error


def pause(lease: Lease, give_up: float, holder: int | None) -> None:
    if time.monotonic() >= give_up:
        raise FencingFailed(f"connection {holder} of an earlier worker is still there")
    lease.wait(PAUSE)


def open_session(session: Session, lease: Lease, timeout: float) -> None:
    """Connect, as often as it takes within `timeout` seconds, and take the run's lock over.

    Raises ServerError, SessionRefused, FencingFailed or LeaseLost.
    """
    give_up = time.monotonic() + timeout
    while True:
        lease.check()
        try:
            session.open()
            take_over(session, lease, max(PAUSE, give_up - time.monotonic()))
            return
        except ServerError as error:
            if not may_connect_again(error, time.monotonic(), give_up):
                raise
            logs.warning("connecting_again", error=str(error))
        lease.wait(PAUSE)


def may_connect_again(error: ServerError, now: float, give_up: float) -> bool:
    """Whether another attempt may succeed, and there is time for it."""
    return error.errno in errors.CONNECT_AGAIN and now < give_up
