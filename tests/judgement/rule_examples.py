"""For every rule histories in which it is kept, broken, not tried and, where clocks decide, unknown."""

import json
from dataclasses import dataclass, field, replace

from support.history.calls import Call, RunRow
from support.history.history import Participant
from support.judgement.rules.registry import BROKEN, KEPT, NOT_TRIED, UNKNOWN
from tests.judgement.histories import (
    ACTIVE,
    ADD,
    AUDIT,
    DONE,
    DROP,
    GIVEN,
    INACTIVE,
    INDEX,
    LOCKED,
    LOOK,
    NOT_UNDONE,
    OTHER_INDEX,
    READ,
    RENAME,
    RUN,
    STOPPED,
    UNDONE,
    Story,
    added,
    claimed,
    completed,
    contested,
    frozen,
    got_worse,
    measured,
    moment,
    not_undone,
    refused,
    rolled_back,
    stopped,
    taken_over,
    turned_down,
    without_digests,
)


@dataclass(frozen=True)
class Examples:
    """``always_known`` says why there is no history in which nobody can tell."""

    kept: list[Story]
    broken: list[Story]
    not_tried: list[Story]
    unknown: list[Story] = field(default_factory=list)
    always_known: str = ""

    def by_state(self) -> dict[str, list[Story]]:
        return {KEPT: self.kept, BROKEN: self.broken, NOT_TRIED: self.not_tried, UNKNOWN: self.unknown}


ONE_CLOCK = "all of it is timed by one clock"
NO_TIMES = "no time has a part in it"

COPY = ADD.replace("INPLACE", "COPY")
IN_LOWER_CASE = "alter table test_orders add key idx_tc06_date (order_date), algorithm inplace, lock none"
CREATE = "CREATE INDEX idx_tc06_date ON test_orders (order_date) ALGORITHM=INPLACE LOCK=NONE"
OTHER_ORDER = "ALTER TABLE `db`.`test_orders` ALGORITHM=INPLACE, LOCK=NONE, ADD KEY idx_tc06_date (order_date)"
AS_DIGESTED = "ALTER TABLE `test_orders` ADD INDEX `idx_tc06_date` ( `order_date` ) , ALGORITHM = INPLACE , LOCK = NONE"
TWO_COLUMNS = replace(RUN, columns=["status", "order_date"])
FOREIGN_ADD = "ALTER TABLE test_orders ADD INDEX idx_tc06_date (customer_id)"
FOREIGN_DROP = "ALTER TABLE test_orders DROP INDEX idx_tc06_date"
FAILED = {"status": "failed", "fail_reason": "execution_error", "message": "x", "error_message": "(2013) lost"}
TWO_DIGESTS = replace(RUN, query_digests=["e" * 64, "d" * 64])
ODD = replace(RUN, index_name=' it\'s `a`, (b); -- "c" #')
ODD_ADD = ADD.replace("`idx_tc06_date`", '` it\'s ``a``, (b); -- "c" #`')
TOKEN = {"worker_id": "worker-1", "claim_token": "t"}

HEARTBEAT = Call("worker 2", "POST", "/api/executions/other/heartbeat", "", moment(0.5), status=200)
BESIDE = {"other": Participant(2, [HEARTBEAT], None, 0, connections=[2])}


def row(at, status, reason=None, by="worker-1", lease=50.0):
    return RunRow(moment(at), status, reason, by, lease)


def told(**flags):
    return json.dumps(json.loads(INACTIVE) | flags)


def rollback_inherited():
    """Worker 1 dies in its DROP INDEX; worker 2 finishes the rollback although the switch is off again."""
    story = rolled_back().without("record", "report").change("claim", lease=2.0).change("drop", errno=1317)
    story.worker(1, exit_status=-9, killed=1.5, ended=1.5).worker(2, ended=5.0).without("heartbeat")
    story.call("other claim", 3.5, "claim", worker=2, said={"worker_id": "worker-2"})
    story.sent("own drop", 3.7, DROP, worker=2).call("record", 3.8, "rollback", worker=2, said=UNDONE)
    return story.call("report", 3.9, "status", worker=2, said=STOPPED)


def nameless(story):
    """The workers don't say their names in their claims."""
    return story.change("claim", said={})


def told_limits(story, **limits):
    """Worker 1 is given other limits."""
    return story.worker(1, given=GIVEN | {name.upper(): value for name, value in limits.items()})


def of_two(story, count=10, before=5, after=5):
    """The run is about another query, too, with so many samples in the metrics window and rows in both."""
    story.known(run=TWO_DIGESTS).queries(0.5, digest="e" * 64, rows_examined=before)
    return story.queries(1.6, count, digest="e" * 64, rows_examined=after)


def reported(story, **said):
    return story.change("report", said=DONE | said)


EXAMPLES = {
    # -- order ----------------------------------------------------------------------------------------------
    "R-01": Examples(
        kept=[completed(), taken_over(), completed().sent("foreign", -1.0, FOREIGN_ADD.replace("idx", "i"), worker=None)],
        broken=[
            completed().change("claim", status=409),
            completed().change("claim", at=1.05),
            contested().sent("of the other", 1.5, ADD, worker=2, errno=1061),
            rolled_back().change("claim", at=1.39).without("add"),
        ],
        not_tried=[stopped(), turned_down()],
        unknown=[completed().change("claim", at=0.9805)],
    ),
    "R-02": Examples(
        kept=[
            completed(),
            rolled_back(),
            completed().sent("goodbye", 2.3, "COMMIT"),
            completed().sent("goodbye", 2.3, "ROLLBACK"),
            contested().sent("of the other", 2.3, LOOK, worker=2),
        ],
        broken=[
            completed().sent("late", 2.3, DROP),
            completed().sent("beside it", 2.21, DROP),
            completed().sent("late read", 2.5, READ),
            completed().sent("late look", 2.3, LOOK),
            completed().sent("lock", 2.3, "DO RELEASE_LOCK('x')"),
            stopped().sent("look", 0.5, LOOK),
            rolled_back().change("record", at=2.0),
            contested().sent("of the other", 2.3, ADD, worker=2, errno=1061),
            not_undone().change("audit", at=2.7),
        ],
        not_tried=[claimed(), stopped()],
        unknown=[completed().sent("near", 2.2005, DROP)],
    ),
    "R-03": Examples(
        kept=[
            completed(),
            frozen(),
            frozen().call("sent before", 1.19, "status", said=DONE, status=503)
            .call("again", 4.15, "status", said=DONE, status=409),
        ],
        broken=[
            frozen().sent("late", 4.15, DROP),
            frozen().sent("before it asks", 3.9, DROP),
            frozen().call("late report", 4.15, "status", said=STOPPED, status=409),
            frozen().call("late record", 4.15, "rollback", said=UNDONE, status=409),
            completed().change("heartbeat", status=409),
            completed().change("claim", lease=0.5).without("heartbeat"),
            frozen().without("late heartbeat").call("late report", 4.15, "status", said=STOPPED, status=409),
            completed().change("claim", lease=1.5).change("report", status=409).without("heartbeat"),
        ],
        not_tried=[stopped(), turned_down()],
        unknown=[
            frozen().without("late heartbeat").sent("near", 2.01, LOOK.replace("SELECT", "ALTER TABLE x"), kind="alter_table"),
            completed().change("heartbeat", status=409, at=0.9795).without("report"),
        ],
    ),
    "R-04": Examples(
        kept=[completed().call("refused", 2.15, "status", status=422, said=DONE)],
        broken=[
            completed().call("refused", 2.15, "status", status=422, said=DONE | {"status": "rolled_back"}),
            rolled_back().call("refused", 1.7, "status", status=401, said=DONE),
            rolled_back().call("refused", 1.7, "status", status=404, said=STOPPED | {"fail_reason": "verification_failed"}),
        ],
        not_tried=[completed(), completed().call("lost", 2.15, "status", status=409, said=STOPPED)],
        always_known=ONE_CLOCK,
    ),
    # -- the kill switch ------------------------------------------------------------------------------------
    "R-10": Examples(
        kept=[
            completed(),
            refused(),
            completed().call("first try", 0.05, "kill switch", status=503, fault="503 Service Unavailable"),
            completed().change("look", content_type="Application/JSON; charset=utf-8"),
        ],
        broken=[
            completed().without("look"),
            completed().change("look", answer=ACTIVE),
            completed().change("look", at=1.01),
            completed().change("look", took=0.95),
            completed().change("claim", at=0.5),
            completed().change("look", answer=told(global_active=0, connection_active=0)),
            completed().change("look", answer='{"global_active": true, ' + INACTIVE[1:]),
            completed().change("look", answer=f"{INACTIVE} {INACTIVE}"),
            completed().change("look", answer='{"global_active": false}'),
            completed().change("look", answer=INACTIVE.replace("null", "NaN")),
            completed().change("look", answer=INACTIVE.replace("global_a", "Global_A")),
            completed().change("look", content_type="application/json-seq"),
            completed().change("look", content_type="text/json"),
            completed().change("look", content_type=""),
            completed().change("look", status=204),
            completed().change("look", status=None, fault="connection reset"),
            completed().call("refused", 0.5, "kill switch", status=None, fault="connection refused", answered=None),
            completed().call("once more", 0.5, "kill switch", answer=ACTIVE),
            completed().worker(1, given=GIVEN | {"KILL_SWITCH_TIMEOUT_SECONDS": 0.2}).change("look", took=0.5),
        ],
        not_tried=[stopped(), taken_over().without("add")],
        unknown=[
            completed().change("look", took=0.8995),
            completed().change("add", at=0.1205),
            completed().change("look", content_type=None),
        ],
    ),
    "R-11": Examples(
        kept=[completed(), without_digests(), taken_over()],
        broken=[
            completed().without("second look"),
            completed().without("second look", "third look"),
            completed().change("second look", at=1.4),
            completed().change("second look", at=0.5),
            without_digests().without("second look"),
            taken_over().without("second look"),
            taken_over().without("second look", "third look").call("of worker 1", 1.55, "kill switch"),
            without_digests().change("second look", answer=ACTIVE),
            got_worse().without("second look"),
        ],
        not_tried=[refused(), stopped(), rolled_back()],
        unknown=[completed().change("open again", at=1.2205)],
    ),
    "R-12": Examples(
        kept=[completed(), got_worse(), not_undone(), completed().sent("once more", 1.5, READ)],
        broken=[
            completed().without("third look"),
            completed().change("third look", at=1.5),
            completed().change("third look", answer=ACTIVE),
            completed().change("third look", at=2.3),
            got_worse().without("third look"),
            got_worse().change("third look", at=2.21),
            taken_over().without("third look"),
        ],
        not_tried=[
            rolled_back(),
            without_digests(),
            refused(),
            measured().change("third look", answer=ACTIVE).sent("drop", 2.2, DROP),
        ],
        unknown=[completed().change("third look", at=1.9005)],
    ),
    "R-13": Examples(
        kept=[
            rolled_back(),
            stopped(),
            measured().change("third look", status=500).sent("drop", 2.2, DROP),
        ],
        broken=[
            completed().change("look", answer=ACTIVE),
            completed().change("second look", status=500, answer=""),
            completed().change("third look", answer="<html>"),
            completed().call("fourth look", 2.1, "kill switch", answer=told(global_active=True)),
            completed().change("look", status=None, fault="connection reset"),
            claimed().without("look").call("refused", 0.3, "kill switch", status=None, fault="connection refused", answered=None)
            .sent("add", 1.0, ADD),
            completed().change("look", status=302, answer=""),
            completed().change("third look", content_type="text/html"),
            completed().worker(1, given=GIVEN | {"KILL_SWITCH_TIMEOUT_SECONDS": 0.03})
            .call("first try", 0.05, "kill switch", status=None, fault="time-out", took=0.03),
            completed().change("second look", took=2.9).change("open again", at=4.2).change("close again", at=4.8)
            .change("third look", at=4.9).change("report", at=5.0),
        ],
        not_tried=[completed(), without_digests(), contested()],
        unknown=[stopped().sent("add", 0.1205, ADD), completed().change("third look", took=2.0).change("report", at=4.2)],
    ),
    "R-14": Examples(
        kept=[completed(), completed().change("look", path="/api/kill-switch?connection_id=conn%2D006")],
        broken=[
            completed().change("look", path="/api/kill-switch"),
            completed().change("third look", path="/api/kill-switch?connection_id=conn-007"),
            completed().change("look", path="/api/kill-switch?connection_id=CONN-006"),
            completed().change("look", path="/api/kill-switch?connection_id=*"),
            completed().change("look", path="/api/kill-switch?connection_id=conn-006&connection_id=conn-007"),
        ],
        not_tried=[
            turned_down(),
            turned_down().call("refused", 0.1, "kill switch", status=None, fault="connection refused", answered=None),
        ],
        always_known=NO_TIMES,
    ),
    "R-15": Examples(
        kept=[
            rolled_back(),
            stopped(),
            stopped().change("look", status=None, answer="", fault="connection reset"),
            stopped().change("look", at=0.5, status=None, answer="", fault="connection refused", answered=None),
            taken_over().without("third look", "report", "open again", "close again")
            .call("of worker 1", 1.15, "kill switch", answer=ACTIVE, after_index=True)
            .call("report", 4.5, "status", worker=2, said=STOPPED),
        ],
        broken=[
            stopped().change("look", answer=INACTIVE),
            stopped().without("look"),
            rolled_back().change("second look", answer=INACTIVE),
            rolled_back().change("second look", at=1.85),
            got_worse().change("report", said=STOPPED),
        ],
        not_tried=[completed(), got_worse(), refused()],
        unknown=[stopped().change("look", answer=INACTIVE, took=2.0).change("report", at=2.2)],
    ),
    # -- online ---------------------------------------------------------------------------------------------
    "R-20": Examples(
        kept=[
            completed(),
            rolled_back(),
            completed().change("add", text=IN_LOWER_CASE),
            completed().sent("foreign", 0.5, FOREIGN_ADD.replace("idx", "other"), worker=None),
            completed().change("add", text=f"/* ALGORITHM=COPY */ {ADD}"),
            completed().change("add", text=ADD.replace("=INPLACE, LOCK=", " = `INPLACE` , LOCK = ")),
        ],
        broken=[
            completed().change("add", text=ADD.replace("=INPLACE", " = `COPY` ")),
            completed().change("add", text=COPY),
            completed().change("add", text=ADD.replace(", LOCK=NONE", "")),
            completed().change("add", text=ADD.replace(", ALGORITHM=INPLACE, LOCK=NONE", "")),
            completed().change("add", text=ADD.replace("LOCK=NONE", "LOCK=SHARED")),
            completed().change("add", text=f"{ADD}, LOCK=SHARED"),
            completed().change("add", text=f"{ADD.replace(', LOCK=NONE', '')} COMMENT 'LOCK=NONE'"),
            completed().change("add", text=f"{ADD.replace(', LOCK=NONE', '')} /* LOCK=NONE */"),
            completed().change("add", text=f"{ADD}, ALGORITHM=INSTANT"),
            rolled_back().change("drop", text=FOREIGN_DROP),
            refused().sent("fallback", 1.1, COPY),
        ],
        not_tried=[stopped(), turned_down().sent("foreign", 0.5, FOREIGN_ADD, worker=None)],
        unknown=[completed().change("add", text=f"{ADD.replace(', ALGORITHM=INPLACE, LOCK=NONE', '')} {'x' * 1000}...")],
    ),
    "R-21": Examples(
        kept=[
            completed(),
            rolled_back(),
            completed().change("add", text=CREATE),
            completed().change("add", text=OTHER_ORDER),
            rolled_back().change("drop", text="DROP INDEX idx_tc06_date ON test_orders ALGORITHM=INPLACE LOCK=NONE"),
            completed().change("add", text=AS_DIGESTED),
            completed().change("add", text=f'PREPARE s FROM "{ADD}"', errno=1142, kind="alter_table"),
            completed().change("add", text=ODD_ADD).known(run=ODD),
            completed().sent("foreign", 0.5, "ALTER TABLE test_orders ENGINE=InnoDB", worker=None),
        ],
        broken=[
            completed().sent("more", 1.5, "ALTER TABLE test_orders ADD COLUMN x INT, ALGORITHM=INPLACE, LOCK=NONE"),
            completed().change("add", text=ADD.replace("test_orders`", "test_orders_2`")),
            completed().change("add", text=ADD.replace("idx_tc06_date", "idx_tc06_date_2")),
            completed().change("add", text=ADD.replace(", ALG", ", DROP COLUMN status, ALG")),
            completed().change("add", text=ADD.replace(", ALG", ", ADD INDEX another (status), ALG")),
            completed().change("add", text=ADD.replace("ADD INDEX `idx_tc06_date` (`order_date`)", "ADD idx_tc06_date INT")),
            completed().sent("rename", 1.5, RENAME),
            rolled_back().change("drop", text=DROP.replace("DROP INDEX", "DROP COLUMN status, DROP INDEX")),
            rolled_back().change("drop", text="DROP INDEX idx_tc06_date ON other ALGORITHM=INPLACE LOCK=NONE"),
            completed().change("add", text=ADD.replace("`order_date`)", "`order_date`) COMMENT 'a', ENGINE=InnoDB")),
            completed().change("add", text=ODD_ADD.replace("` it", "`it")).known(run=ODD),
            completed().change("add", text=f"{ODD_ADD}, DROP COLUMN `a, b`").known(run=ODD),
        ],
        not_tried=[stopped(), turned_down()],
        always_known=NO_TIMES,
    ),
    "R-22": Examples(
        kept=[
            added().change("add", errno=1205).sent("again", 1.1, ADD),
            taken_over().change("add", errno=1317).sent("again", 3.65, ADD, worker=2),
        ],
        broken=[
            added().change("add", seconds=5.0, thread=7).sent("again", 1.1, ADD, errno=1061),
            taken_over().change("add", ended=None).sent("again", 3.65, ADD, worker=2),
            added().change("add", seconds=0.3, thread=7).sent("again", 1.1, ADD).known(waited_together=True),
        ],
        not_tried=[completed(), claimed(), completed().sent("foreign", 1.05, ADD, worker=None)],
        unknown=[added().change("add", seconds=0.3, thread=7).sent("again", 1.1, ADD)],
    ),
    "R-23": Examples(
        kept=[completed(), rolled_back(), taken_over(), completed().sent("again", 1.5, ADD, errno=1061)],
        broken=[
            completed().sent("again", 1.5, ADD),
            taken_over().sent("of worker 2", 3.65, ADD, worker=2),
            rolled_back().sent("again", 1.5, ADD),
        ],
        not_tried=[refused(), stopped(), refused(1061).sent("foreign", 0.5, FOREIGN_ADD, worker=None)],
        always_known=NO_TIMES,
    ),
    "R-24": Examples(
        kept=[
            rolled_back(),
            got_worse(),
            rolled_back().change("drop", errno=1205).sent("again", 1.5, DROP),
            rolled_back().change("drop", errno=1091).known(meddled=moment(1.41)),
            taken_over().sent("of worker 2", 4.48, DROP, worker=2),
        ],
        broken=[
            rolled_back().without("add"),
            rolled_back().change("add", errno=1061).sent("foreign", 0.5, FOREIGN_ADD, worker=None),
            rolled_back().sent("foreign drop", 1.22, FOREIGN_DROP, worker=None).sent("foreign", 1.25, FOREIGN_ADD, worker=None),
            rolled_back().sent("foreign drop", 1.22, FOREIGN_DROP, worker=None),
            rolled_back().sent("renamed", 1.25, RENAME, worker=None),
            rolled_back().sent("again", 1.5, DROP, errno=1091),
            rolled_back().change("add", at=1.41),
            rolled_back().known(meddled=moment(1.25)),
            rolled_back().change("drop", errno=1205).sent("again", 1.5, DROP).known(meddled=moment(1.45)),
        ],
        not_tried=[completed(), refused(), completed().sent("foreign", 2.5, FOREIGN_DROP, worker=None)],
        unknown=[rolled_back().sent("foreign drop", 1.37, FOREIGN_DROP, worker=None)],
    ),
    "R-25": Examples(
        kept=[
            completed(),
            completed().known(run=replace(RUN, columns=["ORDER_DATE"])),
            completed().change("add", text=ODD_ADD).known(run=ODD, index=replace(INDEX, name=ODD.index_name)),
            completed().change("add", text=ADD.replace("`order_date`", "`status`(50)"))
            .known(run=replace(RUN, columns=["status(50)"]), index=replace(INDEX, columns=("status",))),
            completed().sent("foreign drop", 2.3, FOREIGN_DROP, worker=None).sent("foreign", 2.4, FOREIGN_ADD, worker=None),
        ],
        broken=[
            completed().change("add", text=ADD.replace("`order_date`", "`status`")),
            completed().change("add", text=ADD.replace("`order_date`", "`order_date`, `status`")),
            completed().change("add", text=ADD.replace("`order_date`", "`order_date` DESC")),
            completed().change("add", text=ADD.replace("`order_date`", "`order_date`(5)")),
            completed().change("add", text=ADD.replace("ADD INDEX", "ADD UNIQUE INDEX")),
            completed().change("add", text=ADD.replace(") COMMENT", ") INVISIBLE COMMENT")),
            rolled_back().change("add", text=ADD.replace("`order_date`", "`status`")),
            completed().known(index=replace(INDEX, unique=True)),
            completed().known(index=replace(INDEX, columns=("order_date", "status"))),
            completed().known(index=replace(INDEX, kind="FULLTEXT")),
            completed().known(index=replace(INDEX, kind="BTREE INVISIBLE")),
            completed().known(index=replace(INDEX, columns=("order_date DESC",))),
            completed().change("add", text=ODD_ADD.replace("`order_date`", "`order_date` DESC")).known(run=ODD),
            completed().known(run=replace(RUN, columns=["status(10)"]), index=replace(INDEX, columns=("status(50)",))),
            completed().known(run=TWO_COLUMNS, index=replace(INDEX, columns=("order_date", "status"))),
        ],
        not_tried=[stopped(), turned_down(), turned_down().known(index=OTHER_INDEX)],
        always_known=NO_TIMES,
    ),
    "R-26": Examples(
        kept=[
            completed(),
            completed().sent("set", 0.05, "SET SESSION lock_wait_timeout = 5", kind="set_option"),
            completed().sent("set", 0.05, "SET SESSION lock_wait_timeout = @@GLOBAL.lock_wait_timeout", kind="set_option"),
            completed().sent("own table", 0.05, "INSERT INTO execution_notes SELECT 1", kind="insert_select"),
            completed().sent("read a global", 0.05, "SELECT @@GLOBAL.performance_schema"),
            taken_over().worker(1, connections=[17]).sent("kill", 3.65, "KILL 17", worker=2, kind="kill"),
            taken_over().worker(1, connections=[17]).sent("kill", 3.65, "KILL HARD CONNECTION 17", worker=2, kind="kill"),
            completed().worker(1, connections=[17, 18]).sent("kill", 0.05, "kill query 17;", kind="kill"),
            completed().sent("foreign", 0.05, "SET GLOBAL x = 1", worker=None, kind="set_option"),
            completed().known(beside=BESIDE).sent("kill", 0.05, "KILL 2", worker=2, kind="kill"),
        ],
        broken=[
            completed().sent("set", 0.05, "SET GLOBAL lock_wait_timeout = 5", kind="set_option"),
            completed().known(beside=BESIDE).sent("kill", 0.05, "KILL 1", worker=2, kind="kill"),
            completed().sent("set", 0.05, "SET @@global.lock_wait_timeout = 5", kind="set_option"),
            completed().sent("set", 0.05, "SET PERSIST lock_wait_timeout = 5", kind="set_option"),
            completed().sent("lock", 0.05, "LOCK TABLES test_orders WRITE", kind="lock_tables"),
            completed().sent("rebuild", 0.05, "OPTIMIZE TABLE test_orders", kind="optimize"),
            completed().sent("write", 0.05, "UPDATE `test_orders` SET status = ''", kind="update"),
            completed().sent("write", 0.05, "DELETE a FROM test_myisam_table a", kind="delete_multi"),
            completed().sent("rows", 0.05, "SELECT * FROM test_orders FOR UPDATE"),
            completed().sent("kill", 0.05, "FLUSH TABLES", kind="flush"),
            completed().worker(1, connections=[18]).sent("kill", 0.05, "KILL 17", kind="kill"),
            taken_over().worker(2, connections=[18]).sent("kill", 3.65, "KILL QUERY 17", worker=2, kind="kill"),
            contested().worker(2, connections=[17]).worker(1, connections=[18]).sent("kill", 2.1, "KILL 17", kind="kill"),
        ],
        not_tried=[stopped(), turned_down()],
        unknown=[
            completed().worker(1, connections=[]).sent("kill", 0.05, "KILL 17", kind="kill"),
            completed().worker(1, connections=[18, None]).sent("kill", 0.05, "KILL 17", kind="kill"),
            taken_over().worker(2, connections=[18]).sent("kill", 3.65, "KILL (SELECT 17)", worker=2, kind="kill"),
            completed().sent("hidden", 0.05, "", kind="of unknown text"),
        ],
    ),
    "R-27": Examples(
        kept=[not_undone().change("drop", seconds=5.0), refused(1205, LOCKED, "failed").change("add", seconds=5.4)],
        broken=[
            not_undone().change("drop", seconds=11.5),
            refused(1205, LOCKED, "failed").change("add", seconds=50.0),
            not_undone().change("drop", seconds=12.0, errno=0),
            not_undone().change("drop", seconds=12.0, ended=None, errno=0),
            refused(1205, LOCKED, "failed").change("add", seconds=5.4).worker(1, given={"DDL_LOCK_WAIT_TIMEOUT_SECONDS": 1.0}),
        ],
        not_tried=[completed(), refused(), completed().change("add", seconds=9.0)],
        unknown=[not_undone().change("drop", seconds=8.0)],
    ),
    # -- the outcome ----------------------------------------------------------------------------------------
    "R-30": Examples(
        kept=[completed(), without_digests(), taken_over(), completed().known(meddled=moment(2.5))],
        broken=[
            completed().without("add"),
            completed().known(meddled=moment(1.95)),
            completed().change("add", errno=1846),
            completed().sent("drop", 2.1, DROP),
            completed().known(index=None),
            completed().known(index=OTHER_INDEX),
            completed().known(index=replace(INDEX, unique=True)),
            completed().sent("renamed", 2.1, RENAME, worker=None).known(index=None),
            completed().change("add", errno=1061).sent("foreign", 0.5, FOREIGN_ADD, worker=None).known(index=INDEX),
            completed().sent("foreign drop", 2.11, FOREIGN_DROP, worker=None).sent("anew", 2.15, ADD, worker=None),
        ],
        not_tried=[rolled_back(), refused(), stopped()],
        unknown=[completed().sent("foreign drop", 2.5, FOREIGN_DROP, worker=None)],
    ),
    "R-31": Examples(
        kept=[
            rolled_back(),
            got_worse(),
            rolled_back().sent("foreign", 2.5, FOREIGN_ADD, worker=None),
        ],
        broken=[
            rolled_back().without("drop"),
            rolled_back().change("drop", errno=1205),
            rolled_back().change("drop", at=2.0),
            rolled_back().change("drop", at=1.805, seconds=0.005),
            rolled_back().known(index=INDEX),
            rolled_back().without("drop").sent("foreign drop", 1.4, FOREIGN_DROP, worker=None),
            rolled_back().change("add", errno=1061),
        ],
        not_tried=[completed(), not_undone(), stopped()],
        unknown=[rolled_back().change("drop", at=1.7805)],
    ),
    "R-32": Examples(
        kept=[
            refused(),
            refused(1061, "Duplicate key name 'x'", "failed"),
            refused(1072, "Key column 'x' doesn't exist in table", "failed"),
            refused(1205, LOCKED, "requires_manual"),
            refused(1317, "Query execution was interrupted", "failed").row(error_message="(2013) Lost connection"),
            refused(1045, "Access denied", "failed").without("add").known(no_entry=1045),
            claimed().known(unfit="a key").call("report", 0.3, "status", said=FAILED),
        ],
        broken=[
            claimed().known(unfit="a key").call("report", 0.3, "status", said=FAILED | {"error_message": None}),
            refused().row(error_message=None),
            refused().row(error_message="LOCK=NONE is not supported"),
            refused().row(error_message="error 1846"),
            refused().row(error_message="(11846) LOCK=NONE is not supported"),
            refused(1317, "interrupted", "failed").row(error_message="x"),
            refused(1045, "Access denied", "failed").without("add").known(no_entry=1045).row(error_message="MySQL is down"),
        ],
        not_tried=[completed(), stopped(), taken_over(), claimed().known(no_entry=1045)],
        always_known=NO_TIMES,
    ),
    "R-34": Examples(
        kept=[
            not_undone(),
            added().call("report", 2.0, "status", said=FAILED),
            rolled_back().without("drop", "record").call("record", 1.6, "rollback", said=NOT_UNDONE).change("report", said=FAILED),
        ],
        broken=[
            not_undone().without("record"),
            not_undone().change("record", said=NOT_UNDONE | {"status": "pending"}),
            added().call("report", 2.0, "status", said=FAILED | {"error_message": None}),
            rolled_back().without("drop", "record").change("report", said=STOPPED | {"status": "failed"}),
            rolled_back().without("drop", "record").change("report", said=FAILED),
        ],
        not_tried=[
            completed(),
            stopped(),
            refused(1061, "Duplicate", "failed").sent("foreign", 0.5, FOREIGN_ADD, worker=None),
            measured().sent("gone", 1.95, FOREIGN_DROP, worker=None).sent("anew", 1.97, FOREIGN_ADD, worker=None)
            .call("report", 2.2, "status", said=FAILED),
        ],
        always_known=NO_TIMES,
    ),
    "R-35": Examples(
        kept=[completed(), rolled_back(), turned_down(), taken_over(), contested()],
        broken=[
            completed().call("late", 2.5, "run", row_after=row(2.51, "failed", "kill_switch")),
            completed().call("late", 2.5, "run", row_after=row(2.51, "completed", None, by="worker-2")),
            completed().call("late", 2.5, "heartbeat", row_after=row(2.51, "completed", lease=60.0)),
            completed().row(status="rolled_back"),
            completed().row(fail_reason="kill_switch"),
            completed().change("look", row_after=row(0.11, "scheduled", by=None, lease=None)),
            turned_down().change("report", said=STOPPED | {"status": "failed"}),
            turned_down().change("report", said=DONE),
        ],
        not_tried=[Story().worker(1)],
        unknown=[completed().call("beside", 0.0, "run", row_before=row(0.0199, "scheduled", by=None, lease=None), row_after=None)],
    ),
    "R-36": Examples(
        kept=[completed(), rolled_back(), refused()],
        broken=[completed().row(message=None), rolled_back().row(message="  "), refused().row(message="")],
        not_tried=[claimed(), completed().known(row=None)],
        always_known=NO_TIMES,
    ),
    "R-37": Examples(
        kept=[
            completed(),
            rolled_back(),
            got_worse(),
            not_undone(),
            refused(),
            turned_down(),
            stopped(),
            refused(1061, "Duplicate key name 'x'", "failed"),
            refused(1072, "Key column 'x' doesn't exist in table", "failed"),
            refused(1205, LOCKED, "requires_manual"),
            added().call("report", 2.0, "status", said=FAILED | {"error_message": "(2013) Lost connection"}),
            measured().sent("gone", 1.95, FOREIGN_DROP, worker=None).call("report", 2.2, "status", said=FAILED),
            not_undone().known(meddled=moment(2.3)).row(status="requires_manual"),
            claimed().known(unfit="a key").call("report", 0.3, "status", said=FAILED),
        ],
        broken=[
            refused(1846, LOCKED).row(status="failed", fail_reason="execution_error"),
            refused(status="failed"),
            refused(1061, "Duplicate key name 'x'", "requires_manual"),
            refused(1061, "Duplicate key name 'x'", "failed").sent("foreign", 0.5, ADD, worker=None).row(status="completed"),
            not_undone().row(status="requires_manual", fail_reason="execution_error"),
            stopped().row(status="completed", fail_reason=None),
            stopped().row(status="requires_manual", fail_reason="execution_error", error_message="it was on"),
            refused(1045, "Access denied", "failed").without("add").known(no_entry=1045).row(fail_reason="kill_switch"),
            rolled_back().row(status="completed", fail_reason=None),
            completed().row(fail_reason="execution_error"),
            completed().known(meddled=moment(1.95)),
            completed().known(unfit="a key"),
            completed().row(status="requires_manual", fail_reason="execution_error", error_message="too few samples"),
            refused().row(fail_reason=None),
            refused().row(fail_reason="kill_switch"),
            stopped().row(fail_reason="paused"),
            rolled_back().row(fail_reason="execution_error"),
            not_undone().row(fail_reason="verification_failed"),
            turned_down().without("report").row(status="failed", fail_reason="verification_failed"),
        ],
        not_tried=[claimed(), completed().known(row=None)],
        always_known=NO_TIMES,
    ),
    # -- claims ---------------------------------------------------------------------------------------------
    "R-40": Examples(
        kept=[
            completed(),
            taken_over(),
            completed().change("claim", said=TOKEN).call("again", 0.05, "claim", said=TOKEN),
        ],
        broken=[
            taken_over().change("claim", lease=60.0),
            completed().call("again", 0.5, "claim", said={"worker_id": "worker-1"}),
            completed().change("claim", said=TOKEN).call("again", 0.5, "claim", said=TOKEN | {"claim_token": "u"}),
            completed().call("after the end", 2.5, "claim", worker=2),
            completed().change("claim", said=TOKEN).call("of another", 0.5, "claim", said=TOKEN, worker=2),
        ],
        not_tried=[
            turned_down(),
            Story().call("claim", 0.0, "claim", status=404),
            completed().change("claim", said=TOKEN, status=None, fault="connection reset", carried_out=True)
            .call("again", 0.05, "claim", said=TOKEN),
        ],
        unknown=[taken_over().change("claim", lease=3.51), taken_over().change("claim", lease=4.0).change("other claim", took=0.6)],
    ),
    "R-41": Examples(
        kept=[contested()],
        broken=[
            contested().change("other claim", status=200),
            contested().change("claim", status=409).change("other claim", status=200)
            .call("third", 0.1, "claim", worker=3, took=0.1),
            completed().change("claim", took=0.3).call("again", 0.1, "claim"),
        ],
        not_tried=[completed(), taken_over(), contested().known(claims_met=False)],
        always_known="both calls are timed by the gateways of one machine",
    ),
    "R-16": Examples(
        kept=[
            rollback_inherited(),
            taken_over().sent("drop", 1.6, DROP, errno=1317),  # without a word of it
        ],
        broken=[
            rollback_inherited().change("report", said=DONE),
            rollback_inherited().without("pending").call("noted", 1.35, "progress").change("report", said=DONE),
        ],
        not_tried=[completed(), rolled_back(), taken_over()],
        always_known=NO_TIMES,
    ),
    "R-42": Examples(
        kept=[
            completed(),
            taken_over(),
            contested(),
            nameless(completed()).known(claims=[{"worker_id": "anonymous"}]),
            completed().change("claim", said=TOKEN).call("again", 0.05, "claim", said=TOKEN),
            completed().change("claim", said=TOKEN, status=None, fault="connection reset", carried_out=True),
            completed().change("claim", answer='{"lease_expires_at": "2026-11-23T12:01:00Z"}')
            .known(claims=[{"worker_id": "worker-1", "lease_expires_at": moment(60.2).replace(tzinfo=None)}]),
        ],
        broken=[
            completed().known(claims=[]),
            completed().known(claims=[{"worker_id": "worker-1"}] * 2),
            completed().known(claims=[{"worker_id": "worker-2"}]),
            taken_over().known(claims=[{"worker_id": "worker-2"}] * 2),
            contested().known(claims=[{"worker_id": "worker-1"}, {"worker_id": "worker-2"}]),
            completed().change("claim", answer='{"lease_expires_at": "2026-11-23T12:01:00Z"}')
            .known(claims=[{"worker_id": "worker-1", "lease_expires_at": moment(120).replace(tzinfo=None)}]),
        ],
        not_tried=[turned_down(), Story().call("claim", 0.0, "claim", status=404)],
        always_known=NO_TIMES,
    ),
    "R-43": Examples(
        kept=[
            completed(),
            contested(),
            frozen(),
            turned_down(),
            completed().change("report", status=None, fault="connection reset", carried_out=True),
            completed().change("report", status=None, fault="connection reset", carried_out=True).worker(1, exit_status=1),
            claimed().worker(1, exit_status=1),
            Story().worker(1, exit_status=3).call("look", 0.1, "run"),
        ],
        broken=[
            completed().worker(1, exit_status=1),
            completed().worker(1, exit_status=-11),
            completed().change("report", status=409),
            completed().without("report"),
            completed().worker(1, exit_status=3),
            contested().worker(2, exit_status=0),
            contested().worker(2, exit_status=1),
            Story().worker(1, exit_status=3).call("claim", 0.1, "claim", status=404),
        ],
        not_tried=[completed().worker(1, exit_status=None), completed().worker(1, exit_status=-9, killed=1.5)],
        always_known=NO_TIMES,
    ),
    "R-44": Examples(
        kept=[contested(), frozen()],
        broken=[
            completed().call("late", 2.5, "heartbeat", status=409, carried_out=True),
            completed().call("early", 0.5, "status", status=422, said=STOPPED, carried_out=True),
            completed().call("other", 0.5, "claim", worker=2, status=409, carried_out=True),
        ],
        not_tried=[completed(), completed().change("heartbeat", status=503)],
        unknown=[
            completed().call("other", 0.905, "claim", worker=2, status=409, carried_out=True),
        ],
    ),
    "R-45": Examples(
        kept=[completed(), taken_over(), completed().change("claim", said=TOKEN).call("again", 0.05, "claim", said=TOKEN)],
        broken=[
            completed().change("claim", answer="{}"),
            completed().change("claim", answer='{"claim_token": null}'),
            completed().change("claim", answer="granted"),
            taken_over().change("claim", "other claim", answer='{"claim_token": "one"}'),
        ],
        not_tried=[turned_down(), Story().call("claim", 0.0, "claim", status=409)],
        unknown=[completed().change("claim", answer='{"claim_token": "***"}')],
    ),
    # -- leases ---------------------------------------------------------------------------------------------
    "R-50": Examples(
        kept=[completed(), contested(), rolled_back()],
        broken=[
            completed().change("claim", lease=1.0).without("heartbeat"),
            completed().change("claim", lease=0.5),
            nameless(completed()).change("claim", lease=0.5),
            completed().change("claim", lease=0.5).without("heartbeat").call("other claim", 0.9, "claim", worker=2),
        ],
        not_tried=[taken_over().worker(2, killed=5.0), turned_down(), frozen().worker(2, frozen=5.0)],
        unknown=[completed().change("claim", lease=2.0).change("heartbeat", status=503)],
    ),
    "R-51": Examples(
        kept=[
            frozen(),
            completed().change("claim", lease=0.5).change("heartbeat", status=409).without("report"),
        ],
        broken=[
            completed().change("claim", lease=0.5),
            completed().change("claim", lease=0.5).change("heartbeat", status=409),
            frozen().change("late heartbeat", status=200),
            frozen().without("late heartbeat").call("late record", 4.1, "rollback", said=UNDONE),
            completed().change("claim", status=409),
        ],
        not_tried=[completed(), contested(), turned_down()],
        unknown=[completed().change("claim", lease=0.91).without("report")],
    ),
    "R-52": Examples(
        kept=[completed(), completed().change("claim", lease=2.0), got_worse()],
        broken=[
            completed().change("heartbeat", row_after=row(0.92, "running", lease=59.1 - 10)),
            completed().change("heartbeat", row_after=row(0.92, "running", lease=120.0)),
            completed().change("claim", lease=5.0).change("heartbeat", row_after=row(0.92, "running", lease=4.1)),
        ],
        not_tried=[without_digests(), completed().change("heartbeat", status=409), turned_down()],
        always_known="both looks are at the database's own clock",
    ),
    "R-55": Examples(
        kept=[completed().change("report", token_fits=True)],
        broken=[
            completed().change("report", token_fits=False, status=409),
            completed().change("heartbeat", token_fits=False),
            rolled_back().change("record", token_fits=False, status=409),
        ],
        not_tried=[completed(), turned_down()],
        always_known=NO_TIMES,
    ),
    "R-53": Examples(
        kept=[
            completed().call("again", 2.3, "status", said=DONE),
            completed().call("another", 2.3, "status", said=STOPPED, status=409),
            completed().call("another", 2.3, "status", said=DONE, worker=2, status=409),
        ],
        broken=[
            completed().call("again", 2.3, "status", said=DONE, status=409),
            completed().call("another", 2.3, "status", said=STOPPED, status=200),
            completed().call("another", 2.3, "status", said=DONE, worker=2),
            completed().call("another", 2.3, "status", said=STOPPED, status=422),
        ],
        not_tried=[completed(), contested(), completed().call("first try", 2.1, "status", said=DONE, status=503)],
        always_known=NO_TIMES,
    ),
    # -- measuring ------------------------------------------------------------------------------------------
    "R-60": Examples(
        kept=[
            completed(),
            got_worse(),
            taken_over(),
            rolled_back().sent("open again", 1.1, READ).sent("polled", 1.2, READ),
        ],
        broken=[
            completed().change("close", at=0.5),
            completed().change("close again", at=1.6),
            got_worse().change("close again", at=1.6),
            taken_over().change("close again", at=3.9),
            taken_over().sent("of worker 1", 1.55, READ).change("close again", at=3.9),
            completed().worker(1, given=GIVEN | {"METRICS_WINDOW_MINUTES": 1.0}),
        ],
        not_tried=[without_digests(), refused(), stopped()],
        always_known="all of it is timed by the server",
    ),
    "R-61": Examples(
        kept=[
            reported(completed().no_queries().queries(0.25).queries(1.35, 9), message="Inconclusive: 9 samples"),
            without_digests(),
            taken_over(),
            rolled_back(),
            reported(completed().without("open", "close"), message="inconclusive: no baseline"),
            reported(completed().known(counters_set_back=moment(1.5)), message="inconclusive: the counters went back"),
            reported(completed().change("open again", errno=1142), message="inconclusive: no counters"),
            reported(of_two(completed(), 9).no_queries().queries(1.35, 9), message="inconclusive"),
        ],
        broken=[
            completed().no_queries(),
            completed().known(counters_set_back=moment(0.5)),
            got_worse().known(counters_set_back=moment(1.5)),
            completed().change("open again", errno=1142),
            told_limits(completed(), min_sample_count=11.0),
            of_two(completed().no_queries().queries(0.25).queries(1.35, 9), 9),
            completed().no_queries().queries(0.25).queries(1.35, 9),
            completed().no_queries().queries(0.25, 9).queries(1.35, 10),
            completed().without("open again"),
            completed().without("open", "close"),
            without_digests().change("report", said=DONE),
            reported(taken_over()),
            got_worse().no_queries(),
            not_undone().no_queries().queries(0.25).queries(1.35, 9, seconds=0.01),
        ],
        not_tried=[
            completed(),
            refused(),
            stopped(),
            completed().sent("hidden", 0.05, "", kind="of unknown text").no_queries(),
            completed().known(counters_set_back=moment(1.0)),
            of_two(completed(), 0),
            told_limits(completed().no_queries().queries(0.25, 5).queries(1.35, 5), min_sample_count=5.0),
        ],
        always_known="samples are those of the server",
    ),
    "R-62": Examples(
        kept=[got_worse(), not_undone(), of_two(got_worse(), 5)],
        broken=[
            of_two(completed(), after=7),
            told_limits(measured(rows_examined=6), rows_examined_degradation_threshold=0.1)
            .call("report", 2.2, "status", said=DONE),
            measured(seconds=0.0056).call("report", 2.2, "status", said=DONE),
            measured(rows_examined=7).call("report", 2.2, "status", said=DONE),
            measured(full_scan=True).call("report", 2.2, "status", said=DONE),
            measured(seconds=0.01).call("report", 2.2, "status", said=DONE | {"message": "inconclusive"}),
        ],
        not_tried=[
            completed(),
            rolled_back(),
            taken_over(),
            measured(seconds=0.0054).call("report", 2.2, "status", said=DONE),
            of_two(completed(), 9, after=7),
            told_limits(measured(seconds=0.01).call("report", 2.2, "status", said=DONE), latency_degradation_threshold=1.5),
        ],
        unknown=[
            measured(seconds=0.0055).call("report", 2.2, "status", said=DONE),
            completed().no_queries().queries(0.25, rows_examined=0).queries(1.35),
        ],
    ),
    "R-63": Examples(
        kept=[completed(), measured(seconds=0.0054, rows_examined=6).call("report", 2.2, "status", said=DONE)],
        broken=[
            got_worse(0.005, rows_examined=6),
            got_worse(0.005),
            got_worse(0.0054),
            of_two(got_worse(0.005), 9, after=50),
            told_limits(got_worse(), latency_degradation_threshold=1.5),
            not_undone().no_queries().queries(0.25).queries(1.35),
            got_worse(0.004).change("report", said=FAILED),
        ],
        not_tried=[got_worse(), rolled_back(), stopped(), without_digests()],
        unknown=[got_worse().no_queries().queries(0.25, rows_examined=0).queries(1.35)],
    ),
    # -- records --------------------------------------------------------------------------------------------
    "R-70": Examples(
        kept=[
            rolled_back(),
            got_worse(),
            not_undone(),
            rolled_back().known(rollbacks=[UNDONE | {"status": "pending"}, UNDONE]),
            rolled_back().change("drop", errno=1205).sent("again", 1.5, DROP),
            rolled_back().without("pending").change("record", status=422, fault="422 Unprocessable Entity"),
        ],
        broken=[
            rolled_back().known(rollbacks=[]),
            rolled_back().known(rollbacks=[NOT_UNDONE]),
            rolled_back().known(rollbacks=[UNDONE, UNDONE]),
            rolled_back().change("drop", errno=1205),
            rolled_back().change("record", at=1.39),
            not_undone().change("record", said=UNDONE),
            not_undone().without("record"),
            rolled_back().without("drop").sent("foreign drop", 1.4, FOREIGN_DROP, worker=None),
        ],
        not_tried=[completed(), stopped(), refused()],
        unknown=[rolled_back().change("record", at=1.4205), rolled_back().change("record", at=1.41)],
    ),
    "R-71": Examples(
        kept=[
            rolled_back(),
            rolled_back().change("record", said=UNDONE | {"rollback_sql": f"  {DROP.replace('`', '').lower()};"}),
            rolled_back().change("drop", text=DROP.replace("=", " = ").replace(",", " ,")),
            not_undone().without("drop"),
        ],
        broken=[
            rolled_back().change("record", said=UNDONE | {"rollback_sql": FOREIGN_DROP}),
            rolled_back().change("record", said=UNDONE | {"rollback_sql": DROP.replace("date", "other")}),
            rolled_back().change("record", said=UNDONE | {"rollback_sql": None}),
            not_undone().without("drop").change("record", said=NOT_UNDONE | {"rollback_sql": ADD}),
            not_undone().without("drop").change("record", said=NOT_UNDONE | {"rollback_sql": FOREIGN_DROP}),
        ],
        not_tried=[completed(), stopped()],
        always_known=NO_TIMES,
    ),
    "R-72": Examples(
        kept=[not_undone(), not_undone().without("drop"), rolled_back()],
        broken=[
            not_undone().without("audit"),
            not_undone().change("audit", said=AUDIT | {"action": "rollback"}),
            not_undone().without("drop", "audit"),
            rolled_back().call("audit", 1.7, "audit", said=AUDIT),
            completed().call("audit", 2.1, "audit", said=AUDIT),
        ],
        not_tried=[completed(), stopped(), refused()],
        always_known=NO_TIMES,
    ),
    "R-73": Examples(
        kept=[not_undone(), not_undone().known(audit=[{"action": "rollback_failed", "details": {"a": 1}}])],
        broken=[
            not_undone().known(audit=[{"action": "rollback_failed", "details": None}]),
            not_undone().known(audit=[{"action": "rollback_failed", "details": "{"}]),
            not_undone().known(audit=[{"action": "rollback_failed", "details": "[1]"}]),
        ],
        not_tried=[completed(), completed().known(audit=[{"action": "claimed", "details": None}])],
        always_known=NO_TIMES,
    ),
    "R-74": Examples(
        kept=[completed(), rolled_back(), completed().known(told={"status": "completed"})],
        broken=[
            completed().known(told={}),
            completed().known(told=DONE | {"status": "running"}),
            rolled_back().known(told=STOPPED | {"fail_reason": None}),
            refused().known(told=refused().build().told | {"error_message": "1846"}),
        ],
        not_tried=[completed().known(row=None)],
        always_known=NO_TIMES,
    ),
    "R-75": Examples(
        kept=[
            completed(),
            rolled_back(),
            completed().call("a look", 0.5, "run", path="/api/executions/other"),
            completed().change("claim", path="/api/executions/test%2Dtc06-001/claim"),
            completed().known(beside=BESIDE),
        ],
        broken=[
            completed().known(foreign_rows=["rollbacks other"]),
            completed().known(beside={"TEST-TC06-001": BESIDE["other"]}),
            completed().change("heartbeat", path="/api/executions/other/heartbeat"),
            rolled_back().change("record", said=UNDONE | {"execution_run_id": "other"}, status=409),
            completed().call("another", 0.5, "claim", path="/api/executions/TEST-TC06-001/claim", status=404),
        ],
        not_tried=[Story().worker(1), Story().call("look", 0.1, "run")],
        always_known=NO_TIMES,
    ),
    "R-76": Examples(
        kept=[
            completed().call("first try", 2.15, "status", said=DONE, status=503),
            not_undone().call("first try", 2.45, "audit", said=AUDIT | {"timestamp": "12:00"}, status=None, fault="reset"),
            completed().change("claim", lease=2.0).change("heartbeat", at=0.95).change("report", status=503)
            .call("given up", 4.15, "status", said=DONE, status=503),
            completed().change("report", status=503).call("lost", 2.5, "heartbeat", status=409),
        ],
        broken=[
            completed().change("report", status=503),
            completed().change("report", status=None, fault="connection reset", carried_out=True),
            completed().change("report", status=503).call("another", 2.5, "status", said=STOPPED),
            rolled_back().change("record", status=500),
            not_undone().change("audit", status=None, fault="time-out"),
        ],
        not_tried=[
            completed(),
            rolled_back().change("pending", status=503),
            completed().change("report", status=503).worker(1, killed=2.3),
            completed().call("a note", 0.5, "audit", said=AUDIT | {"action": "noted"}, status=503),
        ],
        always_known=ONE_CLOCK,
    ),
    "R-77": Examples(
        kept=[
            rolled_back(),
            got_worse(),
            not_undone(),
            got_worse().change("record", said=UNDONE | {"trigger_reason": "query ช้าลง"}),
            got_worse().change("record", said=UNDONE | {"trigger_reason": "queries take twice the time; rows examined 5 -> 5"}),
        ],
        broken=[
            got_worse().change("record", said=UNDONE | {"trigger_reason": "latency, rows examined or full scans got worse"}),
            got_worse().change("record", said=UNDONE | {"trigger_reason": "rows examined 5 -> 5"}),
            rolled_back().change("record", said=UNDONE | {"rollback_type": "manual"}),
            rolled_back().change("record", said=UNDONE | {"trigger_reason": None}),
            got_worse().change("record", said=UNDONE | {"trigger_reason": "verification failed"}),
            got_worse().change("record", said=UNDONE | {"trigger_reason": ""}),
        ],
        not_tried=[completed(), stopped(), refused()],
        always_known=NO_TIMES,
    ),
    # -- what gets out, what stays ---------------------------------------------------------------------------
    "R-80": Examples(
        kept=[completed()],
        broken=[
            completed().known(leaks=["a claim token is in the log of worker 1"]),
            rolled_back().known(leaks=["a password or the secret is in the run's row"]),
        ],
        not_tried=[Story()],
        always_known=NO_TIMES,
    ),
    "R-81": Examples(
        kept=[completed(), contested()],
        broken=[
            completed().known(left_running=["worker 1"]),
            completed().sent("hangs", 1.9, LOOK, ended=None),
        ],
        not_tried=[completed().worker(killed=3.0, exit_status=-9)],
        always_known=NO_TIMES,
    ),
    "R-82": Examples(
        kept=[completed().worker(1, connections=[17]), contested().worker(1, connections=[17])],
        broken=[
            completed().worker(1, connections=[17]).known(left_connected={"worker 1": ["connection 17 (Sleep: no statement)"]}),
            frozen().worker(1, connections=[17]).known(left_connected={"worker 1": ["connection 17 (Query: ALTER)"]}),
        ],
        not_tried=[
            completed().worker(1, connections=[]),
            completed().worker(1, connections=[17], killed=3.0, exit_status=-9),
            completed().worker(1, connections=[17], exit_status=None),
        ],
        always_known="the relay and the server's own list tell, and no clock",
    ),
}  # fmt: skip
"""By rule. What is broken here is what a wrong executor or a wrong API would do, each another way to break the rule."""
