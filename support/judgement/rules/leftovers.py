"""What gets out, and what stays: secrets, and whatever outlives its worker."""

from collections.abc import Iterator

from support.history.history import History
from support.judgement.rules.claims import API
from support.judgement.rules.registry import SAFETY, Ruling, rule, ruling


@rule(
    "R-80",
    SAFETY,
    "C-SECRET-2",
    thai="ต้องไม่มี password, secret หรือ claim token ใน log, ในแถวของตาราง หรือในคำตอบที่ไม่เกี่ยวข้อง",
)
def no_secret_gets_out(history: History) -> Iterator[Ruling]:
    """No password, secret or claim token is in a log of workers or API, in a row, or in an answer but that to the claim."""
    if history.all_calls:
        logs = [str(one) for one in history.participants.values() if any(str(one) in leak for leak in history.leaks)]
        yield ruling(not history.leaks, "; ".join(history.leaks), logs[0] if logs else API, history.ended_at)


@rule("R-81", SAFETY, "C-LEFT-1", thai="worker ที่จบเองต้องไม่ทิ้ง process หรือคำสั่งที่ยังทำงานอยู่ไว้")
def nothing_outlives_its_worker(history: History) -> Iterator[Ruling]:
    """A worker that ends by itself leaves no process and no statement that still runs."""
    for worker in history.participants.values():
        if worker.exit_status is None or worker.killed:
            continue
        running = [one.brief for one in history.by(worker, history.statements) if one.ended is None]
        left = [f"a process of {name}" for name in history.left_running if name == str(worker)] + running
        yield ruling(not left, f"{worker} had ended, and left: {'; '.join(left)}", str(worker), worker.ended)


@rule("R-82", SAFETY, "C-LEFT-1", thai="worker ที่จบเองต้องไม่ทิ้ง connection, lock หรือ transaction ไว้บน server")
def nothing_is_left_on_the_server(history: History) -> Iterator[Ruling]:
    """A worker that ends by itself leaves no connection on the server, and with it no lock and no transaction."""
    for worker in history.participants.values():
        if worker.exit_status is None or worker.killed or not worker.connections:
            continue
        left = history.left_connected.get(str(worker), [])
        yield ruling(not left, f"{worker} had ended, and left: {'; '.join(left)}", str(worker), worker.ended)
