"""Defects in what the API keeps and tells of switches, rollbacks and runs: TC-02, TC-03, TC-07, TC-08."""

import json

from executor_v1.api import runs
from tests.proof.catalogue import mutant


@mutant(
    "TC-02",
    "Kill switch detected",
    of="api.records.read_kill_switch",
    scenario="the global switch",
    cause=("the SaaS API", "row", "Kill switch detected"),
)
def api_knows_no_global_switch(read_kill_switch):
    """The API answers for the connection alone."""
    return lambda cursor, connection_id: {**read_kill_switch(cursor, connection_id), "global_active": False}


@mutant(
    "TC-03",
    "Kill switch detected after ADD",
    of="api.records.read_kill_switch",
    scenario="After ADD INDEX",
    cause=("the SaaS API", "row", "Kill switch detected after ADD"),
)
def api_reads_switch_from_a_cache(read_kill_switch):
    """The API remembers what it once read of a connection's switches."""
    known: dict[str, dict] = {}

    def cached(cursor, connection_id):
        if connection_id not in known:
            known[connection_id] = read_kill_switch(cursor, connection_id)
        return known[connection_id]

    return cached


@mutant(
    "TC-03",
    "Rollback executed",
    of="api.records.record_rollback",
    scenario="After ADD INDEX$",
    cause=("the SaaS API", "rule broken", "R-70"),
)
def api_loses_rollback_records(record_rollback):
    """The API answers a rollback record with 201 and keeps nothing."""
    return lambda cursor, token, record: {"id": 1, **record.model_dump()}


@mutant(
    "TC-07",
    "Audit log entry created",
    of="api.records.audit",
    scenario="Rollback Fail$",
    cause=("the SaaS API", "rule broken", "R-72"),
)
def api_loses_audit_entries(audit):
    """The API answers an audit entry with 201 and keeps nothing."""
    return lambda cursor, token, entry: {"id": 1, "execution_run_id": entry.execution_run_id, "action": entry.action}


@mutant(
    "TC-08",
    "Message contains inconclusive",
    of="api.runs.change_status",
    scenario="Inconclusive: 9 samples",
    cause=("the SaaS API", "rule broken", "R-36"),
)
def api_loses_messages(change_status):
    """The API keeps status and fail_reason of a report and drops its message."""
    return lambda cursor, run_id, token, report: change_status(
        cursor, run_id, token, report.model_copy(update={"message": None})
    )


@mutant(
    "TC-02",
    "Final execution_run Status",
    of="api.runs.change_status",
    scenario="Before Start$",
    cause=("the SaaS API", "wrong answer", "200"),
)
def api_loses_reports(change_status):
    """The API answers a status report with 200 and changes nothing."""
    return lambda cursor, run_id, token, report: runs.represent(runs.find(cursor, run_id))


@mutant(
    "TC-04",
    "fail_reason",
    of="api.runs.represent",
    scenario="Not Supported$",
    cause=("the SaaS API", "rule broken", "R-74"),
)
def api_tells_another_reason(represent):
    """The API shows a fail_reason that is not in its table."""
    return lambda row: {**represent(row), "fail_reason": "out_of_scope" if row["fail_reason"] else None}


@mutant(
    "TC-05",
    "Final execution_run Status",
    of="api.runs.represent",
    scenario="Already Exists$",
    cause=("the SaaS API", "rule broken", "R-74"),
)
def api_tells_another_status(represent):
    """The API shows failed runs as completed."""
    return lambda row: {**represent(row), "status": "completed" if row["status"] == "failed" else row["status"]}


# -- what only a rule sees --------------------------------------------------------------------------------------


@mutant(
    "TC-03",
    "R-71",
    of="api.records.record_rollback",
    scenario="After ADD INDEX$",
    cause=("the SaaS API", "rule broken", "R-71"),
)
def api_cuts_rollback_sql(record_rollback):
    """The API keeps the first 48 characters of a rollback_sql."""
    return lambda cursor, token, record: record_rollback(
        cursor, token, record.model_copy(update={"rollback_sql": record.rollback_sql[:48]})
    )


@mutant(
    "TC-07",
    "R-73",
    of="api.records.audit",
    scenario="another session holds",
    cause=("the SaaS API", "rule broken", "R-73"),
)
def audit_details_written_as_python(audit):
    """The API writes the details of an audit entry as Python shows them, in single quotes."""

    def as_python(cursor, token, entry):
        written = audit(cursor, token, entry)
        cursor.execute("UPDATE audit_logs SET details = %s WHERE id = %s", (str(entry.details), written["id"]))
        return written

    return as_python


@mutant(
    "TC-07",
    "R-73",
    of="api.records.audit",
    scenario="another session holds",
    cause=("the SaaS API", "rule broken", "R-73"),
)
def audit_details_encoded_twice(audit):
    """The API encodes the details of an audit entry twice, so that they are a text with JSON in it."""

    def twice(cursor, token, entry):
        written = audit(cursor, token, entry)
        text = json.dumps(json.dumps(entry.details))
        cursor.execute("UPDATE audit_logs SET details = %s WHERE id = %s", (text, written["id"]))
        return written

    return twice


@mutant(
    "TC-05", "R-74", of="api.runs.represent", scenario="Already Exists$", cause=("the SaaS API", "rule broken", "R-74")
)
def api_hides_the_error(represent):
    """The API does not show the error_message that is in its table."""
    return lambda row: {**represent(row), "error_message": None}


@mutant(
    "TC-08",
    "R-74",
    of="api.runs.represent",
    scenario="Inconclusive: 0 samples",
    cause=("the SaaS API", "rule broken", "R-74"),
)
def api_shortens_messages(represent):
    """The API shows the first 40 characters of a message."""
    return lambda row: {**represent(row), "message": row["message"] and row["message"][:40]}


@mutant(
    "TC-03",
    "R-75",
    of="api.rows.add_audit",
    scenario="After ADD INDEX$",
    cause=("the SaaS API", "rule broken", "R-75"),
)
def claim_audited_under_the_workers_name(add_audit):
    """The audit entry of a claim has the worker's name where the run's id belongs."""

    def misfiled(cursor, action, resource_id, details, resource_type="execution_run"):
        subject = details["worker_id"] if action == "claimed" else resource_id
        return add_audit(cursor, action, subject, details, resource_type)

    return misfiled
