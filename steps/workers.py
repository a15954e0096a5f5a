"""Phrases about workers: who carries the run out, who dies, who takes over."""

from behave import given, when
from behave.runner import Context

from support import conflicts, preparing, working


@given("the claim of worker 1 has a short lease")
@given("การ claim ของ worker 1 มี lease สั้น")
def claim_has_a_short_lease(context: Context) -> None:
    preparing.use_short_lease(context.case)


@given("worker 2 asks for the run in the very moment in which worker 1 is killed")
@given("worker 2 ขอ run ในทันทีที่ worker 1 ถูก kill")
def worker_2_asks_at_once(context: Context) -> None:
    conflicts.claim_at_the_crash(context.case, 2)


@when("worker {number:d} carries out the run")
@when("worker {number:d} ดำเนินการ run")
def worker_carries_out(context: Context, number: int) -> None:
    working.carry_out(context.case, number)


@when("two workers claim the run at the same moment, and the one that gets it is called worker 1")
@when("worker สองตัว claim run พร้อมกัน และเรียกตัวที่ได้ว่า worker 1")
def two_workers_claim(context: Context) -> None:
    conflicts.race_for_the_claim(context.case)


@when("worker 1 is killed while its ADD INDEX waits for the table, and the ADD INDEX dies with it")
@when("worker 1 ถูก kill ขณะ ADD INDEX รอตาราง และ ADD INDEX ตายตามไปด้วย")
def killed_and_statement_dies(context: Context) -> None:
    conflicts.crash_while_waiting(context.case, index_is_made=False)


@when(
    "worker 1 is killed while its ADD INDEX waits for the table, and the server carries the ADD INDEX out all the same"
)
@when("worker 1 ถูก kill ขณะ ADD INDEX รอตาราง แต่ server ทำ ADD INDEX จนเสร็จ")
def killed_and_statement_lives(context: Context) -> None:
    conflicts.crash_while_waiting(context.case, index_is_made=True)


@when("the lease of worker 1 has run out")
@when("lease ของ worker 1 หมดอายุแล้ว")
def lease_has_run_out(context: Context) -> None:
    conflicts.await_lease_end(context.case)
