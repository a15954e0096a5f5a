"""The same for the rules of the SaaS API by itself, whose situations only the suite's own calls make."""

import json
from dataclasses import replace

from tests.judgement.histories import ACTIVE, DONE, INACTIVE, RUN, STOPPED, added, called, completed, moment, stopped
from tests.judgement.rule_examples import NO_TIMES, ONE_CLOCK, Examples, row

HERE = {"connection_id": RUN.connection_id}
CLAIMED_LATER = "2026-11-23T17:45:00.605"
ENDED = row(2.3, "completed", lease=58.602)
AFTERWARDS = replace(ENDED, at=moment(2.31), lease_seconds=58.592)


def again(**after):
    """The end is reported again, in other words; ``after`` is what is different of the row then."""
    later = replace(AFTERWARDS, **after)
    return completed().call("again", 2.3, "status", said=STOPPED, status=409, row_before=ENDED, row_after=later)


API_EXAMPLES = {
    "R-46": Examples(
        kept=[called(), called().change("claim", said={}, api=2, row_after=row(0.61, "running", lease=19.99))],
        broken=[
            called().change("claim", row_after=row(0.61, "running", lease=60.0)),
            called().change("claim", row_after=row(0.61, "running", lease=4.0)),
            called().change("claim", row_after=row(0.61, "running", lease=None)),
            called().known(api_leases={1: 20.0}),
        ],
        not_tried=[completed(), called().known(api_leases={}), called().change("claim", said={"lease_seconds": 9.5})],
        always_known=ONE_CLOCK,
    ),
    "R-54": Examples(
        kept=[called(), called().change("unknown", answer={})],
        broken=[
            called().change("unknown", content_type="application/json"),
            called().change("unknown", content_type=""),
            called().change("unknown", answer="Not Found"),
            called().change("away", answer={"title": "x", "status": 500}),
            called().change("without a token", answer=["x"]),
            completed().call("early", 0.5, "status", status=422, content_type="text/html", answer="<h1>"),
        ],
        not_tried=[completed(), completed().call("early", 0.5, "status", status=422, fault="422", content_type="text/html")],
        always_known=NO_TIMES,
    ),
    "R-83": Examples(
        kept=[called()],
        broken=[
            called().change("uninvited", status=200),
            called().change("uninvited", status=403),
            called().change("uninvited", path="/api/executions/x", status=404),
            called().change("health", status=401),
        ],
        not_tried=[completed(), called().without("uninvited", "health")],
        always_known=NO_TIMES,
    ),
    "R-56": Examples(
        kept=[
            called(),
            called().ask("taken", 0.9, "POST", "/api/executions", 409, said={"id": "a", "connection_id": "b"}),
            called().ask("other case", 0.9, "POST", "/api/executions", 201, said={"id": "A", "connection_id": "b"}),
        ],
        broken=[
            called().change("scheduled", status=422),
            called().change("bad id", status=201),
            called().change("bad id", said={"id": "run-1\n", "connection_id": "a"}, status=409),
            called().change("found", answer={"id": "A"}),
            called().change("found", status=404),
            called().ask("other case", 0.9, "POST", "/api/executions", 409, said={"id": "A", "connection_id": "b"}),
        ],
        not_tried=[completed(), called().without("scheduled", "bad id", "found")],
        always_known=NO_TIMES,
    ),
    "R-57": Examples(
        kept=[
            called(),
            called().change("shown", path="/api/kill-switch?connection_id=CONN-006", answer=json.loads(INACTIVE)),
            called().change("shown", status=500),
        ],
        broken=[
            called().change("shown", answer=json.loads(INACTIVE)),
            called().change("shown", path="/api/kill-switch?connection_id=CONN-006"),
            called().change("shown", answer=json.loads(ACTIVE) | {"global_active": True}),
            called().change("shown", status=404),
            called().change("on", status=422),
            called().known(switches=[HERE | {"active": 0}]),
        ],
        not_tried=[completed(), stopped(), called().without("on", "shown")],
        always_known="of calls that come one after the other",
    ),
    "R-58": Examples(
        kept=[called(), called().change("away", status=500)],
        broken=[called().change("away", status=200, answer=json.loads(INACTIVE)), called().change("away", status=404)],
        not_tried=[completed(), called().without("away")],
        always_known=NO_TIMES,
    ),
    "R-59": Examples(
        kept=[called(), called().change("scheduled", said={"id": "a", "connection_id": "a", "colour": 1})],
        broken=[
            called().change("on", status=422),
            called().change("on", status=201),
            called().change("scheduled", said={"id": "a", "connection_id": "a", "colour": 1}, status=400),
        ],
        not_tried=[completed(), called().change("on", said=HERE | {"active": True})],
        always_known=NO_TIMES,
    ),
    "R-78": Examples(
        kept=[called()],
        broken=[
            called().known(claims=[{"worker_id": "caller-1", "created_at": "2026-11-23 17:45:00"}]),
            called().known(audit=[{"action": "x", "created_at": "2026-11-23T06:15:00Z"}]),
            called().known(switches=[HERE | {"active": 1, "updated_at": moment(20700)}]),
            called().row(claimed_at=CLAIMED_LATER),
            called().change("claim", answer={"id": RUN.id, "claim_token": "t", "claimed_at": CLAIMED_LATER}),
            called().change("claim", answer={"id": RUN.id, "claim_token": "t", "lease_expires_at": CLAIMED_LATER}),
        ],
        not_tried=[completed()],
        always_known="zones are further apart than clocks",
    ),
}  # fmt: skip

MORE = {
    "R-35": Examples(kept=[again()], broken=[again(rest="message: other"), again(lease_seconds=99.0)], not_tried=[]),
    "R-44": Examples(
        kept=[called(), again()],
        broken=[
            again(rest="message: other"),
            again(records="rollbacks: 1 rows"),
            called().change("without a token", row_after=row(0.72, "running", by="caller-1", lease=5.0)),
        ],
        not_tried=[],
    ),
    "R-51": Examples(
        kept=[called()],
        broken=[
            called().change("without a token", status=200),
            called().change("without a token", token_sent="another", status=200),
            completed().change("heartbeat", token_sent=""),
        ],
        not_tried=[
            added().change("heartbeat", token_sent="token of 0.0"),
            called().change("without a token", token_sent="t", status=200),
        ],
    ),
    "R-53": Examples(
        kept=[completed().call("running again", 2.3, "status", said={"status": "running"}, status=409)],
        broken=[
            completed().call("running again", 2.3, "status", said={"status": "running"}),
            completed().change("report", token_sent="t").call("again", 2.3, "status", said=DONE, token_sent=""),
        ],
        not_tried=[],
    ),
    "R-74": Examples(
        kept=[called(), called().change("listed", answer={"items": [{"id": RUN.id, "status": "running"}]})],
        broken=[
            called().change("listed", answer=[]),
            called().change("listed", path="/api/executions?status=failed"),
            called().change("listed", answer=[{"id": RUN.id, "status": "running"}, {"id": "a", "status": "scheduled"}]),
        ],
        not_tried=[],
    ),
}  # fmt: skip
"""Further histories for rules that have others, too."""
