"""Phrases about workers: who carries the run out, who dies, who takes over."""

from behave import given, register_type, when
from behave.runner import Context
from parse import with_pattern

from support.scenario import carrying_out, claims, crashes, freezes, preparing, reports

_THAI_MOMENTS = {"หลัง ADD INDEX": "after its ADD INDEX", "ขณะส่งรายงานสุดท้าย": "while its last report is on the way"}

_THAI_TROUBLES = {
    "ได้คำตอบ 503 ในครั้งแรก": "is answered with 503 at first",
    "ไปถึงแต่คำตอบสูญหาย": "arrives, but its answer is lost",
}


@with_pattern("|".join(freezes.FROZEN_AT))
def _moment(text: str) -> str:
    return text


@with_pattern("|".join(_THAI_MOMENTS))
def _thai_moment(text: str) -> str:
    return _THAI_MOMENTS[text]


@with_pattern("|".join(reports.REPORT_TROUBLES))
def _trouble(text: str) -> str:
    return text


@with_pattern("|".join(_THAI_TROUBLES))
def _thai_trouble(text: str) -> str:
    return _THAI_TROUBLES[text]


register_type(Moment=_moment, ThaiMoment=_thai_moment, Trouble=_trouble, ThaiTrouble=_thai_trouble)


@given("the claim of worker 1 has a short lease")
@given("การ claim ของ worker 1 มี lease สั้น")
def claim_has_a_short_lease(context: Context) -> None:
    preparing.use_short_lease(context.case)


@given("worker 2 asks for the run in the very moment in which worker 1 is killed")
@given("worker 2 ขอ run ในทันทีที่ worker 1 ถูก kill")
def worker_2_asks_at_once(context: Context) -> None:
    crashes.claim_at_the_crash(context.case, 2)


@when("worker {number:d} carries out the run")
@when("worker {number:d} ดำเนินการ run")
def worker_carries_out(context: Context, number: int) -> None:
    carrying_out.carry_out(context.case, number)


@when("two workers claim the run at the same moment, and the one that gets it is called worker 1")
@when("worker สองตัว claim run พร้อมกัน และเรียกตัวที่ได้ว่า worker 1")
def two_workers_claim(context: Context) -> None:
    claims.race_for_the_claim(context.case)


@when("worker 1 is killed while its ADD INDEX waits for the table, and the ADD INDEX dies with it")
@when("worker 1 ถูก kill ขณะ ADD INDEX รอตาราง และ ADD INDEX ตายตามไปด้วย")
def killed_and_statement_dies(context: Context) -> None:
    crashes.crash_while_waiting(context.case, index_is_made=False)


@when(
    "worker 1 is killed while its ADD INDEX waits for the table, and the server carries the ADD INDEX out all the same"
)
@when("worker 1 ถูก kill ขณะ ADD INDEX รอตาราง แต่ server ทำ ADD INDEX จนเสร็จ")
def killed_and_statement_lives(context: Context) -> None:
    crashes.crash_while_waiting(context.case, index_is_made=True)


@when("worker 1 is killed while its ADD INDEX waits for the table")
@when("worker 1 ถูก kill ขณะ ADD INDEX รอตาราง")
def killed_and_statement_waits_on(context: Context) -> None:
    crashes.crash_while_waiting(context.case, index_is_made=None)


@when("worker {number:d} carries out the run, and the table comes free while both ADD INDEX wait for it")
@when("worker {number:d} ดำเนินการ run แล้วตารางว่างลงขณะที่ ADD INDEX ทั้งสองรออยู่")
def successor_meets_waiting_statement(context: Context, number: int) -> None:
    crashes.succeed_a_waiting_statement(context.case, number)


@when("worker 1 waits for the table for longer than its lease, and worker {number:d} asks for the run meanwhile")
@when("worker 1 รอตารางนานกว่า lease ของตน และ worker {number:d} ขอ run ในระหว่างนั้น")
def outlasts_its_lease(context: Context, number: int) -> None:
    claims.outlast_the_lease(context.case, number)


@when("worker 1 freezes {moment:Moment}")
@when("worker 1 ค้าง{moment:ThaiMoment}")
def worker_1_freezes(context: Context, moment: str) -> None:
    freezes.freeze(context.case, moment)


@when("worker 1 carries out the run, and its last report {trouble:Trouble}")
@when("worker 1 ดำเนินการ run และรายงานสุดท้าย{trouble:ThaiTrouble}")
def carries_out_with_a_troubled_report(context: Context, trouble: str) -> None:
    reports.carry_out_with_a_troubled_report(context.case, trouble)


@when("worker {number:d} takes the run over, and worker 1 wakes up in the middle of it")
@when("worker {number:d} รับช่วง run ต่อ แล้ว worker 1 ตื่นขึ้นมากลางคัน")
def takes_over_and_worker_1_wakes(context: Context, number: int) -> None:
    freezes.take_over_and_wake(context.case, number)


@when("the same execution run is asked for once more")
@when("มีการขอ execution run เดิมอีกครั้ง")
def same_run_asked_for_again(context: Context) -> None:
    claims.ask_for_the_same_run_again(context.case)


@when("the lease of worker 1 has run out")
@when("lease ของ worker 1 หมดอายุแล้ว")
def lease_has_run_out(context: Context) -> None:
    crashes.await_lease_end(context.case)
