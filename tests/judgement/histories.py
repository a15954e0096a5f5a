"""Right histories, in which single things are changed in a line: ``completed().change("add", text=COPY)``.

A story has named calls and statements with their times in seconds. What follows from them (rows, leases, records of
claims, the index) is worked out when it is built, unless it is said outright.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from support.contract import TERMINAL
from support.history.calls import Call, RunRow
from support.history.change import Index, RunSpec
from support.history.history import History, Participant
from support.history.statements import Statement, kind_of_text

START = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
RUN = RunSpec("test-tc06-001", "conn-006", "idx_tc06_date", "test_orders", ["order_date"], ["d" * 64])
INDEX = Index("test_orders", "idx_tc06_date", ("order_date",), False, "BTREE")
OTHER_INDEX = replace(INDEX, columns=("customer_id",))
ONLINE = "ALGORITHM=INPLACE, LOCK=NONE"
ADD = f"ALTER TABLE `test_orders` ADD INDEX `idx_tc06_date` (`order_date`) COMMENT 'test-tc06-001', {ONLINE}"
DROP = f"ALTER TABLE `test_orders` DROP INDEX `idx_tc06_date`, {ONLINE}"
RENAME = "ALTER TABLE test_orders RENAME INDEX idx_tc06_date TO idx_other"
READ = "SELECT * FROM performance_schema.events_statements_summary_by_digest"
LOOK = "SELECT * FROM information_schema.STATISTICS"
QUERY = "SELECT SLEEP(?)"
INACTIVE = '{"global_active": false, "connection_active": false, "reason": null}'
ACTIVE = '{"global_active": false, "connection_active": true, "reason": "x"}'
DONE = {"status": "completed", "fail_reason": None, "message": "added; verified", "error_message": None}
STOPPED = {"status": "rolled_back", "fail_reason": "kill_switch", "message": "switch", "error_message": None}
WORSE = {"status": "rolled_back", "fail_reason": "verification_failed", "message": "latency", "error_message": None}
UNDONE = {"execution_run_id": RUN.id, "rollback_type": "auto", "trigger_reason": "kill switch", "rollback_sql": DROP,
          "status": "completed"}  # fmt: skip
NOT_UNDONE = UNDONE | {"trigger_reason": "latency +50 %", "status": "failed"}
AUDIT = {"execution_run_id": RUN.id, "action": "rollback_failed", "details": {"error": "1205"}}
LOCKED, NO_LOCK = "Lock wait timeout exceeded", "LOCK=NONE is not supported"

GIVEN = {
    "EXECUTION_LEASE_TIMEOUT_SECONDS": 60.0, "METRICS_WINDOW_MINUTES": 0.5 / 60, "MIN_SAMPLE_COUNT": 10.0,
    "LATENCY_DEGRADATION_THRESHOLD": 0.1, "ROWS_EXAMINED_DEGRADATION_THRESHOLD": 0.2,
    "KILL_SWITCH_TIMEOUT_SECONDS": 2.0, "DDL_LOCK_WAIT_TIMEOUT_SECONDS": 5.0,
}  # fmt: skip

_OF_A_RUN = f"/api/executions/{RUN.id}"
PATHS = {
    "run": ("GET", _OF_A_RUN), "claim": ("POST", f"{_OF_A_RUN}/claim"), "heartbeat": ("POST", f"{_OF_A_RUN}/heartbeat"),
    "status": ("PATCH", f"{_OF_A_RUN}/status"), "rollback": ("POST", "/api/rollbacks"), "audit": ("POST", "/api/audit"),
    "kill switch": ("GET", f"/api/kill-switch?connection_id={RUN.connection_id}"),
    "progress": ("POST", f"{_OF_A_RUN}/progress"),
}  # fmt: skip


def moment(seconds: float) -> datetime:
    """So many seconds after the start of the story."""
    return START + timedelta(seconds=seconds)


class Story:
    """What happened, by name. Every method that changes something returns the story."""

    def __init__(self, run: RunSpec = RUN) -> None:
        self.run = run
        self._calls: dict[str, dict[str, Any]] = {}
        self._statements: dict[str, dict[str, Any]] = {}
        self._workers: dict[int, dict[str, Any]] = {}
        self._queries: list[tuple[float, int, dict[str, Any]]] = []
        self._said: dict[str, Any] = {}
        self._asked: dict[str, dict[str, Any]] = {}
        self._row: dict[str, Any] = {}

    # -- what happens ---------------------------------------------------------------------------------------

    def worker(self, number: int = 1, **what: Any) -> "Story":
        """A worker, or something else of it; times in seconds."""
        self._workers.setdefault(
            number, {"exit_status": 0, "given": dict(GIVEN), "started": -0.1, "connections": [number]}
        ).update(what)
        return self

    def call(self, name: str, at: float, kind: str, worker: int = 1, status: int | None = 200, **more: Any) -> "Story":
        """A call that takes 0.02 s. ``said`` is its body as an object, ``answer`` the body of the answer.

        A call with a ``fault`` or without 200 changes nothing, unless it is ``carried_out`` all the same.
        """
        self.worker(worker)
        self._calls[name] = {"at": at, "kind": kind, "worker": worker, "status": status, "took": 0.02} | more
        return self

    def sent(self, name: str, at: float, text: str, worker: int | None = 1, **more: Any) -> "Story":
        """A statement that takes 0.02 s; of worker None it is somebody else's."""
        self._statements[name] = {"at": at, "text": text, "worker": worker, "seconds": 0.02} | more
        return self

    def ask(self, name: str, at: float, method: str, path: str, status: int = 200, **more: Any) -> "Story":
        """A call of the suite itself; ``said`` and ``answer`` are objects. Of the row nothing follows: it is said outright."""
        self._asked[name] = {"at": at, "method": method, "path": path, "status": status} | more
        return self

    def queries(self, at: float, count: int = 10, **more: Any) -> "Story":
        """The application's queries, one each 20 ms, of 5 ms each."""
        self._queries.append((at, count, {"seconds": 0.005} | more))
        return self

    # -- what is different ----------------------------------------------------------------------------------

    def change(self, *names: str, **what: Any) -> "Story":
        """Something else of these calls or statements."""
        for name in names:
            found = self._calls.get(name) or self._asked.get(name) or self._statements[name]
            found.update(what)
        return self

    def without(self, *names: str) -> "Story":
        """As if these had not been."""
        for name in names:
            if self._calls.pop(name, None) is None and self._asked.pop(name, None) is None:
                del self._statements[name]
        return self

    def no_queries(self) -> "Story":
        self._queries.clear()
        return self

    def row(self, **columns: Any) -> "Story":
        """Other columns of the run's row at the end, than what was reported."""
        self._row.update(columns)
        return self

    def known(self, **fields: Any) -> "Story":
        """Fields of the history, said outright."""
        self._said.update(fields)
        return self

    # -- the history ----------------------------------------------------------------------------------------

    def build(self) -> History:
        """The history, with all that follows from what happened."""
        statements = {name: self._statement(number, one) for number, (name, one) in enumerate(self._statements.items())}
        state = _State(self)
        calls = sorted(self._calls.values(), key=lambda one: one["at"])
        made = [(one["worker"], self._call(one, list(statements.values()), state)) for one in calls]
        row = state.row | self._row
        index = next(
            (INDEX if one.text.startswith(ADD[:40]) else OTHER_INDEX for one in _standing(statements.values())), None
        )
        given: dict[str, Any] = {
            "run": self.run,
            "row": row,
            "told": {name: row[name] for name in DONE},
            "claims": state.claims,
            "rollbacks": state.records["rollback"],
            "audit": state.records["audit"],
            "index": index,
            "statements": sorted(statements.values(), key=lambda one: one.started),
            "workload": [_query(at + 0.02 * n, what) for at, count, what in self._queries for n in range(count)],
            "participants": {n: self._participant(n, [c for w, c in made if w == n]) for n in self._workers},
            "unexpected_changes": [],
            "min_samples": 10,
            "suite_calls": [_asked(dict(one)) for one in sorted(self._asked.values(), key=lambda one: one["at"])],
        }
        return History(**given | self._said)

    def _participant(self, number: int, calls: list[Call]) -> Participant:
        what = dict(self._workers[number])
        for name in ("killed", "started", "ended", "frozen"):
            if what.get(name) is not None:
                what[name] = moment(what[name])
        return Participant(number, calls, **{"killed": None} | what)

    @staticmethod
    def _statement(number: int, one: dict[str, Any]) -> Statement:
        what = dict(one)
        at, worker, seconds, text = what.pop("at"), what.pop("worker"), what.pop("seconds"), what.pop("text")
        started = moment(at)
        more = {"digest": None, "errno": 0, "message": "", "rows_examined": 0, "full_scan": False} | what
        kind = more.pop("kind", None) or kind_of_text(text) or text.split()[0].lower()
        ended = more.pop("ended", started + timedelta(seconds=seconds))
        owner = f"worker {worker}" if worker else None
        return Statement(thread=more.pop("thread", worker or 99), event=number, kind=kind, text=text, started=started, ended=ended,
                         seconds=seconds, owner=owner, **more)  # fmt: skip

    def _call(self, one: dict[str, Any], statements: list[Statement], state: "_State") -> Call:
        what = dict(one)
        at, kind, worker, status, took = (what.pop(name) for name in ("at", "kind", "worker", "status", "took"))
        said, method, path = what.pop("said", None), *PATHS[kind]
        arrived, answered = moment(at), moment(at + took)
        reaches = what.get("fault") is None
        does_it = what.pop("carried_out", False)
        reaches = reaches or does_it
        before = state.at(at + 0.001) if reaches else None
        if reaches:
            state.take(kind, worker, 200 if does_it else status, said or {}, at + 0.002, what)
        after = state.at(at + took - 0.001) if reaches else None
        body = INACTIVE if kind == "kill switch" and status == 200 and "fault" not in what else ""
        if status is not None and status >= 400 and reaches:
            body = json.dumps({"title": "refused", "status": status})
        if kind == "claim" and status == 200:
            body = json.dumps({"claim_token": (said or {}).get("claim_token") or f"token of {at}"})
        there = kind == "kill switch" and any(
            one.ended and one.ended <= arrived for one in _standing(statements, arrived)
        )
        given = {
            "request_body": json.dumps(said) if said is not None else "",
            "arrived": arrived,
            "answered": answered,
            "response_body": what.pop("answer", body),
            "content_type": None
            if "fault" in what
            else f"application/{'problem+' if (status or 0) >= 400 else ''}json",
            "row_before": before,
            "row_after": after,
            "after_index": there if kind == "kill switch" else None,
        }
        what.pop("lease", None)  # was for the API
        status = 201 if kind in ("rollback", "audit") and status == 200 else status
        return Call(
            f"worker {worker}", what.pop("method", method), what.pop("path", path), status=status, **given | what
        )


def _asked(one: dict[str, Any]) -> Call:
    at, said, answer = one.pop("at"), one.pop("said", None), one.pop("answer", None)
    method, path = one.pop("method"), one.pop("path")
    return Call(
        "caller 1", method, path, "" if said is None else json.dumps(said), arrived=moment(at), answered=moment(at + 0.02),
        response_body=answer if isinstance(answer, str) else json.dumps(answer), **one,
    )  # fmt: skip


def _standing(statements: Any, until: datetime | None = None) -> list[Statement]:
    """The statement that made the index that is there then; none if there is none."""
    left: list[Statement] = []
    for one in sorted(statements, key=lambda one: one.started):
        done = one.succeeded and one.changes_schema and (until is None or one.ended <= until)
        if done and RUN.index_name in one.text:
            left = [one] if " ADD " in one.text else []
    return left


def _query(at: float, what: dict[str, Any]) -> Statement:
    started = moment(at)
    more = {"rows_examined": 5, "full_scan": False, "digest": "d" * 64} | what
    ended = started + timedelta(seconds=more["seconds"])
    return Statement(thread=98, event=int(at * 1e6), kind="select", text=QUERY, errno=0, message="",
                     started=started, ended=ended, owner="suite", **more)  # fmt: skip


class _State:
    """What a right API keeps."""

    def __init__(self, story: Story) -> None:
        self.row: dict[str, Any] = {
            "id": story.run.id, "status": "scheduled", "fail_reason": None, "message": None, "error_message": None,
            "claimed_by": None,
        }  # fmt: skip
        self.claims: list[dict[str, Any]] = []
        self.records: dict[str, list[dict[str, Any]]] = {"rollback": [], "audit": []}
        self._end: float | None = None
        self._length = 60.0

    def at(self, seconds: float) -> RunRow:
        left = None if self._end is None else self._end - seconds
        row = self.row
        return RunRow(moment(seconds), row["status"], row["fail_reason"], row["claimed_by"], left)

    def take(
        self, kind: str, worker: int, status: int | None, said: dict[str, Any], at: float, what: dict[str, Any]
    ) -> None:
        if status != 200:
            return
        if kind == "claim":
            self._length = what.get("lease", 60.0)
            again = self.row["claimed_by"] == f"worker-{worker}" and said.get("claim_token")
            if not again:
                self.claims.append({"worker_id": f"worker-{worker}"})
                self.row |= {"status": "running", "claimed_by": f"worker-{worker}"}
                self._end = at + self._length
        elif kind == "heartbeat":
            self._end = at + self._length
        elif kind == "status" and said.get("status") in TERMINAL:
            self.row |= said
        elif kind in self.records:
            rows = self.records[kind]
            if kind == "audit":
                rows.append(said | {"details": json.dumps(said.get("details"))})
            elif rows and rows[-1]["status"] == "pending":
                rows[-1] = said
            else:
                rows.append(said)


# -- right histories ------------------------------------------------------------------------------------------------


def claimed(run: RunSpec = RUN) -> Story:
    """Worker 1 has claimed the run and was told that no switch is on."""
    story = Story(run).worker(1, ended=3.0)
    story.call("claim", 0.0, "claim", said={"worker_id": "worker-1"})
    return story.call("look", 0.1, "kill switch")


def added(run: RunSpec = RUN) -> Story:
    """It has measured, added the index, and was told again that no switch is on."""
    story = claimed(run).sent("open", 0.2, READ).queries(0.25).sent("close", 0.8, READ)
    story.call("heartbeat", 0.9, "heartbeat").sent("add", 1.0, ADD, seconds=0.1)
    return story.call("second look", 1.2, "kill switch")


def measured(run: RunSpec = RUN, **queries: Any) -> Story:
    """It has measured once more, and asked the switch when that was done."""
    story = added(run).sent("open again", 1.3, READ).queries(1.35, **queries).sent("close again", 1.9, READ)
    return story.call("third look", 2.0, "kill switch").sent("check", 2.1, LOOK)


def completed() -> Story:
    """A run of one worker that completes."""
    return measured().call("report", 2.2, "status", said=DONE)


def without_digests() -> Story:
    """A run without digests: it completes, and says that nothing could be concluded."""
    story = claimed(replace(RUN, query_digests=[])).sent("add", 1.0, ADD).call("second look", 1.2, "kill switch")
    return story.call("report", 2.2, "status", said=DONE | {"message": "inconclusive: no digests"})


def rolled_back() -> Story:
    """A run that is rolled back for the kill switch."""
    story = added().change("second look", answer=ACTIVE).sent("check", 1.3, LOOK)
    story.call("pending", 1.35, "rollback", said=UNDONE | {"status": "pending"}).sent("drop", 1.4, DROP)
    return story.call("record", 1.6, "rollback", said=UNDONE).call("report", 1.8, "status", said=STOPPED)


def got_worse(seconds: float = 0.01, **queries: Any) -> Story:
    """A run whose queries got slower, and that is rolled back for it."""
    story = measured(seconds=seconds, **queries).sent("drop", 2.2, DROP)
    story.call("record", 2.4, "rollback", said=UNDONE | {"trigger_reason": "latency +100 %"})
    return story.call("report", 2.6, "status", said=WORSE)


def not_undone() -> Story:
    """A run whose queries got slower, and whose DROP INDEX met a lock."""
    failed = {"status": "failed", "fail_reason": "execution_error", "message": "x", "error_message": f"(1205) {LOCKED}"}
    story = measured(seconds=0.01).sent("drop", 2.2, DROP, errno=1205, message=LOCKED)
    story.call("record", 2.4, "rollback", said=NOT_UNDONE).call("audit", 2.5, "audit", said=AUDIT)
    return story.call("report", 2.6, "status", said=failed).known(expected_errors=[1205])


def refused(errno: int = 1846, text: str = NO_LOCK, status: str = "requires_manual") -> Story:
    """A run whose ADD INDEX the server refuses."""
    said = {"status": status, "fail_reason": "execution_error", "message": "x", "error_message": f"({errno}) {text}"}
    story = claimed().sent("add", 1.0, ADD, errno=errno, message=text)
    return story.call("report", 1.2, "status", said=said).known(expected_errors=[1845, 1846, 1061])


def stopped() -> Story:
    """A run that the kill switch stops before its start."""
    said = {"status": "failed", "fail_reason": "kill_switch", "message": "switch", "error_message": None}
    return claimed().change("look", answer=ACTIVE).call("report", 0.3, "status", said=said)


def turned_down() -> Story:
    """A run that is none that an executor carries out; nobody has to claim it for that."""
    said = {"status": "failed", "fail_reason": "out_of_scope", "message": "x", "error_message": None}
    return Story(replace(RUN, action="DROP_INDEX")).worker(1).call("report", 0.3, "status", said=said)


def contested() -> Story:
    """Two workers claim a run at once: one completes it, the other goes."""
    story = completed().worker(2, exit_status=3, ended=0.5).change("claim", took=0.3)
    story.change("look", at=0.31)
    return story.call("other claim", 0.1, "claim", worker=2, status=409, took=0.1, said={"worker_id": "worker-2"})


def taken_over() -> Story:
    """Worker 1 dies in its ADD INDEX, which the server completes; worker 2 finds the index and goes on."""
    story = added().without("heartbeat", "second look").worker(1, exit_status=-9, killed=1.2, ended=1.2)
    story.change("claim", lease=2.0).change("add", seconds=0.5).worker(2, ended=5.0)
    story.call("other claim", 3.5, "claim", worker=2, said={"worker_id": "worker-2"})
    story.call("second look", 3.6, "kill switch", worker=2)
    story.sent("open again", 3.7, READ, worker=2).sent("close again", 4.3, READ, worker=2)
    story.call("third look", 4.4, "kill switch", worker=2).sent("check", 4.45, LOOK, worker=2)
    said = DONE | {"message": "taken over; inconclusive: no samples"}
    return story.call("report", 4.5, "status", worker=2, said=said)


def frozen() -> Story:
    """Worker 1 freezes after its ADD INDEX and wakes up when worker 2 has taken the run over."""
    story = taken_over().worker(1, exit_status=4, killed=None, frozen=1.3, ended=4.2)
    story.change("add", seconds=0.1).call("late heartbeat", 4.1, "heartbeat", status=409)
    return story.call("look of the frozen", 1.2, "kill switch", took=2.8, status=503, fault="503 Service Unavailable")


def called() -> Story:
    """The suite has called the API itself, in all ways there are, and was answered as it should be; it holds the run."""
    switch, here = PATHS["kill switch"][1], {"connection_id": RUN.connection_id}
    of_both = {"id": "a", "connection_id": "a"}

    def problem(status: int) -> dict[str, Any]:
        said = {"type": "about:blank", "title": "x", "status": status, "detail": "y"}
        return {"status": status, "answer": said, "content_type": "application/problem+json; charset=utf-8"}

    def later(at: float) -> RunRow:
        return RunRow(moment(at), "running", None, "caller-1", 5.6 - at)

    before = RunRow(moment(0.6), "scheduled", None, None, None)
    granted = {
        "id": RUN.id,
        "claim_token": "t",
        "claimed_at": "2026-11-23T12:00:00.605Z",
        "lease_expires_at": "2026-11-23T12:00:05.6Z",
    }
    story = Story().known(api_leases={1: 5.0, 2: 20.0}, switches=[here | {"active": 1}])
    story.known(claims=[{"worker_id": "caller-1", "created_at": "2026-11-23 12:00:00.605000"}])
    story.row(status="running", claimed_by="caller-1", claimed_at="2026-11-23 12:00:00.605000")
    story.ask("unknown", 0.0, "GET", "/api/no-such-call", **problem(404))
    story.ask("uninvited", 0.1, "GET", switch, uninvited="without a secret", **problem(401))
    story.ask("health", 0.15, "GET", "/health", uninvited="without a secret", answer={"status": "ok"})
    story.ask("scheduled", 0.2, "POST", "/api/executions", 201, said=of_both, answer=of_both)
    story.ask("found", 0.25, "GET", "/api/executions/a", answer=of_both)
    story.ask("bad id", 0.3, "POST", "/api/executions", said=of_both | {"connection_id": "*"}, **problem(422))
    story.ask("on", 0.4, "POST", "/api/kill-switch", said=here | {"active": True, "colour": "blue"}, answer={})
    story.ask("shown", 0.45, "GET", switch, api=2, answer=json.loads(ACTIVE))
    story.ask("away", 0.5, "GET", switch, api=2, database_away=True, **problem(503))
    claim, heartbeat = (PATHS[kind][1] for kind in ("claim", "heartbeat"))
    said = {"worker_id": "caller-1"}
    story.ask("claim", 0.6, "POST", claim, said=said, answer=granted, row_before=before, row_after=later(0.61))
    then = {"token_sent": "", "row_before": later(0.7), "row_after": later(0.71)}
    story.ask("without a token", 0.7, "POST", heartbeat, **then, **problem(409))
    listed = [granted | {"status": "running"}]
    return story.ask("listed", 0.8, "GET", "/api/executions?status=running", answer=listed, row_before=later(0.8))


RIGHT = {
    one.__name__: one
    for one in (
        completed, without_digests, rolled_back, got_worse, not_undone, refused, stopped, turned_down, contested, taken_over,
        frozen, called,
    )
}  # fmt: skip
"""Every kind of a right history, by name."""
