"""Phrases about what the SaaS API does that is its right, or its failure."""

from behave import given
from behave.runner import Context

from support.scenario import conduct


@given("the SaaS API chooses the claim tokens itself")
@given("SaaS API เป็นผู้กำหนด claim token เอง")
def api_chooses_tokens(context: Context) -> None:
    conduct.api_chooses_tokens(context.case)


@given("the SaaS API grants worker 1 a shorter lease than it asks for")
@given("SaaS API ให้ lease แก่ worker 1 สั้นกว่าที่ขอ")
def api_grants_a_shorter_lease(context: Context) -> None:
    conduct.api_grants_a_shorter_lease(context.case)


@given("the answers about the kill switch come compressed, in chunks and with a charset")
@given("response ของ kill switch ถูกบีบอัด แบ่งเป็น chunk และระบุ charset")
def api_answers_in_another_form(context: Context) -> None:
    conduct.api_answers_in_another_form(context.case)


@given("the SaaS API will refuse the records of the rollback")
@given("SaaS API จะปฏิเสธบันทึกของ rollback")
def records_are_refused(context: Context) -> None:
    conduct.refuse_records_of_the_rollback(context.case)


@given("the SaaS API will at first fail to take the records of the rollback")
@given("SaaS API จะรับบันทึกของ rollback ไม่ได้ในช่วงแรก")
def records_fail_at_first(context: Context) -> None:
    conduct.fail_first_records_of_the_rollback(context.case)


@given("the SaaS API will fail to take the last report for longer than the lease of worker 1")
@given("SaaS API จะรับรายงานสุดท้ายไม่ได้นานกว่า lease ของ worker 1")
def reports_fail_for_long(context: Context) -> None:
    conduct.fail_reports_for_longer_than_the_lease(context.case)


@given("the SaaS API will answer the claim of worker 1 with 500, and then with 404")
@given("SaaS API จะตอบ claim ของ worker 1 ด้วย 500 แล้วตามด้วย 404")
def claim_is_broken(context: Context) -> None:
    conduct.break_the_claim(context.case)
