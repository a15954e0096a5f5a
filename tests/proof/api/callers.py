"""Defects of the API that no worker of the bundled agent meets, for it calls the API as it should: TC-11."""

import sys
import threading
from datetime import datetime
from typing import Annotated
from urllib.parse import parse_qs, quote

import pymysql
from fastapi.exceptions import RequestValidationError
from pydantic import ConfigDict, Field
from starlette.responses import JSONResponse, PlainTextResponse

from executor_v1 import logs
from executor_v1.api import models, problems, records, runs
from tests.proof.catalogue import mutant

WRITES, ENDS, SECRET, IDS = "only who holds the run", "by Itself$", "without the secret", "ids and fields"
SWITCHES, CLAIMS, AWAY = "shown by every API", "many claims at once", "without its database"


def broken(rule):
    return "the SaaS API", "rule broken", rule


# -- who may write --------------------------------------------------------------------------------------------------


@mutant("TC-11", "Writes without the claim refused", of="api.runs.is_holder", scenario=WRITES)
def a_token_is_asked_for_only_if_one_comes(is_holder):
    """Who sends no claim token is taken for the holder of the run."""
    return lambda row, token: not token or is_holder(row, token)


@mutant("TC-11", "R-51", of="api.runs.is_holder", scenario=WRITES, cause=broken("R-51"))
def any_token_will_do(is_holder):
    """Whatever comes as a claim token is taken for that of the run's last claim."""
    return lambda row, token: bool(token)


@mutant("TC-11", "R-51", of="api.runs.holds_lease", scenario=WRITES, cause=broken("R-51"))
def a_lease_that_ran_out_still_writes(holds_lease):
    """The last holder writes for as long as nobody else has claimed the run."""
    return lambda row, token: row["status"] == "running" and runs.is_holder(row, token)


@mutant("TC-11", "R-35", of="api.runs.change_status", scenario=ENDS, cause=broken("R-35"))
def an_end_reported_again_is_written_again(change_status):
    """The end that a run has, reported again in other words, overwrites message and error_message."""

    def overwriting(cursor, run_id, token, change):
        before = change_status(cursor, run_id, token, change)
        cursor.execute(
            "UPDATE execution_runs SET message = %s, error_message = %s WHERE id = %s",
            (change.message, change.error_message, run_id),
        )
        return before

    return overwriting


@mutant("TC-11", "R-53", of="api.runs.is_resend", scenario=ENDS, cause=broken("R-53"))
def anybody_may_report_the_end_again(is_resend):
    """The end that a run has, reported again, is answered 200 to whoever reports it, with the claim's token or without."""
    return lambda row, token, status: row["status"] == status and status in runs.vocabulary.TERMINAL


@mutant("TC-11", "R-40", of="api.runs.claim_statement", scenario=ENDS, cause=broken("R-40"))
def the_holder_claims_again(claim_statement):
    """Who holds a run is granted it once more, as if it were not another worker that was started anew."""
    own = "AND ((claimed_by = %(worker)s AND status = 'running') OR status = 'scheduled'"
    return lambda: claim_statement().replace("AND (status = 'scheduled'", own)


@mutant("TC-11", "Claims granted", of="api.runs.claim", scenario=CLAIMS)
def claims_kept_apart_within_one_process(claim):
    """A claim looks and then writes, with a lock of the process in place of one of the database."""
    lock = threading.Lock()

    def careless(cursor, run_id, wish, default_lease):
        with lock:
            if not runs.find(cursor, run_id)["claimable"]:
                raise problems.conflict("not_claimable", "somebody has it")
            cursor.execute("UPDATE execution_runs SET status = 'scheduled' WHERE id = %s", (run_id,))
            granted = claim(cursor, run_id, wish, default_lease)
            cursor.connection.commit()
            return granted

    return careless


@mutant("TC-11", "R-46", of="api.runs.claim", scenario=ENDS, cause=broken("R-46"))
def a_lease_of_a_minute_for_everybody(claim):
    """A claim that asks for no length gets a minute, whatever the API was started with."""
    return lambda cursor, run_id, wish, default_lease: claim(cursor, run_id, wish, 60.0)


# -- the secret, and errors -----------------------------------------------------------------------------------------


@mutant("TC-11", "Calls without the secret refused", of="api.guard.header", scenario=SECRET)
def the_secret_may_stand_in_the_address(header):
    """The secret is taken from the address, too, where proxies and logs see it."""

    def from_anywhere(scope, name):
        query = parse_qs(scope["query_string"].decode())
        return header(scope, name) or query.get("X-API-SECRET", [""])[0]

    return from_anywhere


@mutant("TC-11", "R-83", of="api.guard.is_allowed", scenario=SECRET, cause=broken("R-83"))
def the_beginning_of_the_secret_is_enough(is_allowed):
    """A secret is right if the API's own begins with it."""
    return lambda path, secret, given: is_allowed(path, secret, given) or bool(given and secret.startswith(given))


@mutant("TC-11", "R-83", of="api.guard.is_allowed", scenario=SECRET, cause=broken("R-83"))
def the_secret_in_any_letters(is_allowed):
    """The secret is compared without regard to case."""
    return lambda path, secret, given: is_allowed(path, secret.lower(), given.lower())


@mutant("TC-11", "R-54", of="api.problems.response", scenario=IDS, cause=broken("R-54"))
def errors_in_json_of_its_own(response):
    """Errors are JSON, but not of the type of a problem document."""
    return lambda path, status, code, detail, headers=None, **more: JSONResponse({"error": detail}, status, headers)


@mutant("TC-11", "R-54", of="api.problems.response", scenario=SECRET, cause=broken("R-54"))
def a_refusal_in_plain_text(response):
    """Who comes without the secret is told so in plain text."""

    def plain(path, status, code, detail, headers=None, **more):
        return (
            PlainTextResponse(detail, status)
            if status == 401
            else response(path, status, code, detail, headers, **more)
        )

    return plain


@mutant("TC-11", "R-80", of="api.database.Database.__init__", scenario=ENDS, cause=broken("R-80"))
def the_database_is_logged_as_an_address(init):
    """The API logs the address of its database, with the password in it as addresses have it."""

    def telling(self, config):
        password = quote(config.mysql_password, safe="")
        print(f"database mysql://{config.mysql_user}:{password}@{config.mysql_host}", file=sys.stderr, flush=True)
        init(self, config)

    return telling


@mutant("TC-11", "R-80", of="api.runs.claim", scenario=ENDS, cause=broken("R-80"))
def tokens_are_logged(claim):
    """The API logs each claim with its token."""

    def telling(cursor, run_id, wish, default_lease):
        granted = claim(cursor, run_id, wish, default_lease)
        logs.info("claimed", run=run_id, token=granted["claim_token"])
        return granted

    return telling


# -- ids, fields and lists ------------------------------------------------------------------------------------------


@mutant("TC-11", "Ids taken as they are", of="api.models.NewExecution", scenario=IDS)
def an_id_may_end_in_a_new_line(new_execution):
    """The form of an id is looked for up to the end of its line."""

    class Lenient(new_execution):
        id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}\n?$")]

    return Lenient


@mutant("TC-11", "R-56", of="api.models.NewExecution", scenario=IDS, cause=broken("R-56"))
def an_id_needs_three_letters(new_execution):
    """Ids of one or two characters are refused."""

    class Strict(new_execution):
        id: Annotated[str, Field(min_length=3, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]

    return Strict


@mutant("TC-11", "R-56", of="api.runs.find", scenario=IDS, cause=broken("R-56"))
def ids_are_found_in_small_letters(find):
    """A run is looked for by its id in small letters first."""

    def lower(cursor, run_id, *, lock=False):
        try:
            return find(cursor, run_id.lower(), lock=lock)
        except problems.Problem:
            return find(cursor, run_id, lock=lock)

    return lower


@mutant("TC-11", "R-59", of="api.models.Claim", scenario=IDS, cause=broken("R-59"))
def fields_that_are_unknown_are_refused(claim):
    """A claim with a field that the API does not know is refused."""

    class Strict(claim):
        model_config = ConfigDict(extra="forbid")

    return Strict


@mutant("TC-11", "R-74", of="api.runs.list_runs", scenario=ENDS, cause=broken("R-74"))
def every_list_has_all_runs(list_runs):
    """The list by status has the runs of every status."""
    return lambda cursor, status, limit: list_runs(cursor, None, limit)


# -- switches, times, and a database that is away -------------------------------------------------------------------


@mutant(
    "TC-11",
    "Kill switches shown as set",
    of=("api.records.read_kill_switch", "api.records.set_kill_switch"),
    scenario=SWITCHES,
)
def switches_are_kept_in_memory(read_kill_switch, set_kill_switch):
    """An API remembers the switches that it has read until one is set by itself; another API's are news to it."""
    known = {}

    def cached(cursor, connection_id):
        if connection_id not in known:
            known[connection_id] = read_kill_switch(cursor, connection_id)
        return known[connection_id]

    def forgetting(cursor, switch):
        known.clear()
        return set_kill_switch(cursor, switch)

    return cached, forgetting


@mutant("TC-11", "R-57", of="api.records.read_kill_switch", scenario=SWITCHES, cause=broken("R-57"))
def a_switch_needs_a_reason(read_kill_switch):
    """A switch of a connection without a reason is shown as off."""

    def reading(cursor, connection_id):
        found = read_kill_switch(cursor, connection_id)
        return {**found, "connection_active": found["connection_active"] and found["reason"] is not None}

    return reading


@mutant("TC-11", "R-57", of="api.records.set_kill_switch", scenario=SWITCHES, cause=broken("R-57"))
def a_connection_named_global_is_all_of_them(set_kill_switch):
    """The switch of a connection that is named global is the global one."""

    def setting(cursor, switch):
        named = switch.connection_id == "global"
        return set_kill_switch(cursor, switch.model_copy(update={"connection_id": None}) if named else switch)

    return setting


@mutant("TC-11", "R-78", of="api.rows.add_audit", scenario=CLAIMS, cause=broken("R-78"))
def the_audit_log_is_in_local_time(add_audit):
    """Rows of the audit log have the time of the API's own clock on the wall."""

    def local(cursor, *what, **more):
        number = add_audit(cursor, *what, **more)
        cursor.execute("UPDATE audit_logs SET created_at = %s WHERE id = %s", (datetime.now(), number))  # noqa: DTZ005
        return number

    return local


@mutant("TC-11", "R-78", of="api.records.set_kill_switch", scenario=CLAIMS, cause=broken("R-78"))
def switches_are_set_in_local_time(set_kill_switch):
    """A switch has the time of the API's own clock on the wall."""

    def local(cursor, switch):
        found = set_kill_switch(cursor, switch)
        cursor.execute("UPDATE kill_switches SET updated_at = %s", (datetime.now(),))  # noqa: DTZ005
        return found

    return local


@mutant("TC-11", "Calls without the database failed", of="api.database.Database.transact", scenario=AWAY)
def without_a_database_nothing_is_on(transact):
    """What can't be read is answered as if nothing were there: no switch is on."""

    def hopeful(self, work):
        try:
            return transact(self, work)
        except pymysql.err.MySQLError:
            return {"global_active": False, "connection_active": False, "reason": None}

    return hopeful


@mutant("TC-11", "R-58", of="api.database.Database.transact", scenario=AWAY, cause=broken("R-58"))
def without_a_database_nothing_is_found(transact):
    """What can't be read is answered with 404."""

    def missing(self, work):
        try:
            return transact(self, work)
        except pymysql.err.MySQLError as error:
            raise problems.not_found("the run") from error

    return missing


# -- more of what is easily overlooked ------------------------------------------------------------------------------


@mutant("TC-11", "R-83", of="api.guard.is_allowed", scenario=SECRET, cause=broken("R-83"))
def whatever_ends_like_an_open_path_is_open(is_allowed):
    """Every address that ends in /health needs no secret, that of the run with this id, too."""
    return lambda path, secret, given: path.endswith("/health") or is_allowed(path, secret, given)


@mutant("TC-11", "R-56", of="api.models.NewExecution", scenario=IDS, cause=broken("R-56"))
def a_column_with_its_prefix_has_64_characters(new_execution):
    """The bound of a column's name is that of the name together with the prefix."""

    class Strict(new_execution):
        columns: Annotated[list[Annotated[str, Field(max_length=64)]], Field(min_length=1)]

    return Strict


@mutant("TC-11", "R-57", of="api.app.create_app", scenario=SWITCHES, cause=broken("R-57"))
def a_switch_is_set_before_its_reason_is_looked_at(create_app):
    """A switch whose reason is refused has been set all the same."""

    def hasty(config, database):
        app = create_app(config, database)
        refuse = app.exception_handlers[RequestValidationError]

        def after_the_fact(request, error):
            body = error.body if isinstance(error.body, dict) else {}
            if request.url.path == "/api/kill-switch" and isinstance(body.get("active"), bool):
                switch = models.KillSwitch(active=body["active"], connection_id=body.get("connection_id"))
                database.transact(lambda cursor: records.set_kill_switch(cursor, switch))
            return refuse(request, error)

        app.add_exception_handler(RequestValidationError, after_the_fact)
        return app

    return hasty


@mutant("TC-11", "R-52", of="api.runs.renew", scenario=ENDS, cause=broken("R-52"))
def renewed_for_whole_seconds(renew):
    """A heartbeat renews by whole seconds."""

    def whole(cursor, run_id, token):
        renewed = renew(cursor, run_id, token)
        cursor.execute(
            "UPDATE execution_runs SET lease_expires_at = NOW(6) + INTERVAL lease_milliseconds DIV 1000 SECOND"
            " WHERE id = %s",
            (run_id,),
        )
        return renewed

    return whole
