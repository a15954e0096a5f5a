"""Phrases about workers: who carries the run out, who dies, who takes over."""

from behave import given, register_type, when
from behave.runner import Context

from support.scenario import beside, carrying_out, losing, meanwhile, preparing, two_workers
from support.scenario.phrase_types import types_of

register_type(**types_of("Moment", two_workers.FROZEN_AT))
register_type(**types_of("Incident", meanwhile.INCIDENTS))
register_type(**types_of("Trouble", carrying_out.REPORT_TROUBLES))
register_type(**types_of("Loss", losing.LOSSES))


@given("the claim of worker 1 has a short lease")
@given("claim ของ worker 1 มี lease สั้น")
def claim_has_a_short_lease(context: Context) -> None:
    preparing.use_short_lease(context.case)


@given("another session of the executor's account is at work")
@given("มี session อื่นของ account เดียวกับ executor ทำงานอยู่")
def another_session_of_the_account(context: Context) -> None:
    preparing.have_a_neighbour(context.case)


@given("worker 2 will claim the run at the very moment when worker 1 is killed")
@given("worker 2 จะ claim run ทันทีที่ worker 1 ถูก kill")
def worker_2_claims_at_the_crash(context: Context) -> None:
    context.case.plan.claims_at_the_crash = 2


@when("worker {number:d} carries out the run")
@when("worker {number:d} ดำเนินการ run")
def worker_carries_out(context: Context, number: int) -> None:
    carrying_out.carry_out(context.case, number)


@when("worker 1 carries out the run, and while its {verb:w} INDEX waits for the table, {incident:Incident}")
@when("worker 1 ดำเนินการ run และขณะที่ {verb:w} INDEX รอ lock ของตาราง {incident:ThaiIncident}")
def carries_out_with_an_incident(context: Context, verb: str, incident: str) -> None:
    meanwhile.carry_out_with_an_incident(context.case, verb, incident)


@when("two workers claim the run at the same moment, and the one that gets it is called worker 1")
@when("worker สองตัว claim run พร้อมกัน โดยตัวที่ claim ได้เรียกว่า worker 1")
def two_workers_claim(context: Context) -> None:
    two_workers.race_for_the_claim(context.case, 1, 2)


@when(
    "workers 1 and 2 carry out the two runs at once, and the table comes free when both ADD INDEX statements wait for it"
)
@when("worker 1 และ worker 2 ดำเนินการ run ทั้งสองพร้อมกัน และตารางว่างเมื่อ ADD INDEX ทั้งสองรออยู่")
def two_runs_at_once(context: Context) -> None:
    beside.carry_out_both(context.case)


@when("workers 2 and 3 claim the run at the same moment, and the one that gets it is called worker 2")
@when("worker 2 และ worker 3 claim run พร้อมกัน โดยตัวที่ claim ได้เรียกว่า worker 2")
def two_successors_claim(context: Context) -> None:
    two_workers.race_for_the_claim(context.case, 2, 3)


@when("the heartbeats of worker 1 {loss:Loss} while its {statement:w} INDEX waits for the table's lock")
@when("heartbeat ของ worker 1 {loss:ThaiLoss} ขณะที่ {statement:w} INDEX รอ lock ของตาราง")
def loses_its_lease_while_waiting(context: Context, loss: str, statement: str) -> None:
    losing.lose_the_lease_while_waiting(context.case, statement, loss)


@when("worker 1 is killed while its DROP INDEX for the kill switch waits for the table's lock")
@when("worker 1 ถูก kill ขณะที่ DROP INDEX ซึ่งส่งเพราะ kill switch รอ lock ของตาราง")
def killed_in_its_rollback(context: Context) -> None:
    losing.crash_in_the_rollback(context.case)


@when("the kill switch is turned off again")
@when("kill switch ถูกปิดอีกครั้ง")
def switch_is_turned_off(context: Context) -> None:
    preparing.turn_the_kill_switch_off(context.case)


@when("the kill switch is turned on")
@when("kill switch ถูกเปิด")
def switch_is_turned_on(context: Context) -> None:
    preparing.set_kill_switch(context.case, context.case.run.connection_id)


@when("worker 1 is killed while its ADD INDEX waits for the table's lock, and the ADD INDEX dies with it")
@when("worker 1 ถูก kill ขณะที่ ADD INDEX รอ lock ของตาราง และ ADD INDEX ถูกยกเลิกไปด้วย")
def killed_and_statement_dies(context: Context) -> None:
    two_workers.crash_while_waiting(context.case, index_is_made=False)


@when(
    "worker 1 is killed while its ADD INDEX waits for the table's lock,"
    " but the server completes the ADD INDEX all the same"
)
@when("worker 1 ถูก kill ขณะที่ ADD INDEX รอ lock ของตาราง แต่ server ทำ ADD INDEX จนเสร็จ")
def killed_and_statement_lives(context: Context) -> None:
    two_workers.crash_while_waiting(context.case, index_is_made=True)


@when("worker 1 is killed while its ADD INDEX waits for the table's lock")
@when("worker 1 ถูก kill ขณะที่ ADD INDEX รอ lock ของตาราง")
def killed_and_statement_waits_on(context: Context) -> None:
    two_workers.crash_while_waiting(context.case, index_is_made=None)


@when(
    "worker {number:d} carries out the run, and the table's lock is released while both ADD INDEX statements wait for it"
)
@when("worker {number:d} ดำเนินการ run แล้ว lock ของตารางถูกปลดขณะที่ ADD INDEX ทั้งสองรออยู่")
def successor_meets_waiting_statement(context: Context, number: int) -> None:
    two_workers.succeed_a_waiting_statement(context.case, number)


@when("worker 1 waits for the table's lock for longer than its lease, and worker {number:d} claims the run meanwhile")
@when("worker 1 รอ lock ของตารางนานกว่า lease ของตัวเอง และ worker {number:d} claim run ในระหว่างนั้น")
def outlasts_its_lease(context: Context, number: int) -> None:
    two_workers.outlast_the_lease(context.case, number)


@when("worker 1 freezes {moment:Moment}")
@when("worker 1 ค้าง{moment:ThaiMoment}")
def worker_1_freezes(context: Context, moment: str) -> None:
    two_workers.freeze(context.case, moment)


@when("worker 1 carries out the run, and its last report {trouble:Trouble}")
@when("worker 1 ดำเนินการ run โดยรายงานสุดท้าย{trouble:ThaiTrouble}")
def carries_out_with_a_troubled_report(context: Context, trouble: str) -> None:
    carrying_out.carry_out_with_a_troubled_report(context.case, trouble)


@when("worker {number:d} takes the run over, and worker 1 wakes up in the middle of it")
@when("worker {number:d} รับ run ต่อ แล้ว worker 1 กลับมาทำงานระหว่างนั้น")
def takes_over_and_worker_1_wakes(context: Context, number: int) -> None:
    two_workers.take_over_and_wake(context.case, number)


@when("worker 1 wakes up, and nobody has taken the run over")
@when("worker 1 กลับมาทำงาน โดยยังไม่มีใครรับ run ต่อ")
def worker_1_wakes(context: Context) -> None:
    two_workers.wake_late(context.case)


@when("the same execution run is scheduled once more")
@when("มีการ schedule execution run เดิมซ้ำ")
def same_run_scheduled_again(context: Context) -> None:
    two_workers.schedule_the_same_run_again(context.case)


@when("the lease of worker 1 has run out")
@when("lease ของ worker 1 หมดอายุแล้ว")
def lease_has_run_out(context: Context) -> None:
    two_workers.await_lease_end(context.case)
