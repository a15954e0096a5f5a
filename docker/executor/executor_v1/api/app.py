"""The HTTP side of the API: paths, bodies and answers. What happens is in runs.py and records.py."""

from typing import Annotated, Any

import pymysql
from fastapi import APIRouter, FastAPI, Header, Query, Security
from fastapi.security import APIKeyHeader
from fastapi_offline import FastAPIOffline

from executor_v1 import __version__

from . import guard, models, problems, records, runs
from .config import ApiConfig
from .database import Database

Token = Annotated[str | None, Header(alias="X-Claim-Token")]
Responses = dict[int | str, dict[str, Any]]
PROBLEM: dict[str, Any] = {"content": {problems.MEDIA_TYPE: {}}}
LOST: Responses = {409: {"description": "Lease lost, or not legal in the run's state", **PROBLEM}}
MISSING: Responses = {404: {"description": "No such run", **PROBLEM}}
INVALID: Responses = {
    400: {"description": "The body is no JSON", **PROBLEM},
    422: {"description": "The request is not well-formed", **PROBLEM},
}
UNAUTHORIZED: Responses = {401: {"description": "The header X-API-SECRET is missing or wrong", **PROBLEM}}
UNAVAILABLE: Responses = {503: {"description": "The database does not answer", **PROBLEM}}


def create_app(config: ApiConfig, database: Database) -> FastAPI:
    """One application on one database; any number of them may share it."""
    # Its documentation page brings its own scripts: a browser needs no other network than this API's.
    app = FastAPIOffline(
        title="Executor v1 API", version=__version__, responses=INVALID, redoc_url=None, static_url=guard.ASSETS
    )
    app.add_middleware(guard.Guard, secret=config.secret)
    problems.install(app)
    # Only tells the page to ask for the secret and to send it; the guard is what compares it.
    calls = APIRouter(
        dependencies=[Security(APIKeyHeader(name="X-API-SECRET", auto_error=False))],
        responses={**UNAUTHORIZED, **UNAVAILABLE},
    )
    add_execution_routes(calls, database, config.lease_seconds)
    add_record_routes(calls, database)
    app.include_router(calls)

    @app.get("/health", responses=UNAVAILABLE)
    def health() -> dict[str, str]:
        try:
            version = database.version()
        except pymysql.err.MySQLError as error:
            raise problems.Problem(503, "database_unavailable", "the database does not answer") from error
        return {"status": "ok", "version": __version__, "commit": config.commit, "database": version}

    return app


def add_execution_routes(calls: APIRouter, database: Database, default_lease: float) -> None:
    @calls.post("/api/executions", status_code=201, responses={409: {"description": "The id is taken", **PROBLEM}})
    def create_execution(body: models.NewExecution) -> dict[str, Any]:
        return database.transact(lambda cursor: runs.create(cursor, body))

    @calls.get("/api/executions")
    def list_executions(
        status: models.Status | None = None, limit: Annotated[int, Query(ge=1, le=1000)] = 100
    ) -> list[dict[str, Any]]:
        return database.transact(lambda cursor: runs.list_runs(cursor, status, limit))

    @calls.get("/api/executions/{run_id}", responses=MISSING)
    def get_execution(run_id: str) -> dict[str, Any]:
        return database.transact(lambda cursor: runs.represent(runs.find(cursor, run_id)))

    @calls.post("/api/executions/{run_id}/claim", responses={**MISSING, **LOST})
    def claim(run_id: str, body: models.Claim | None = None) -> dict[str, Any]:
        wish = body or models.Claim()
        return database.transact(lambda cursor: runs.claim(cursor, run_id, wish, default_lease))

    @calls.post("/api/executions/{run_id}/heartbeat", responses={**MISSING, **LOST})
    def heartbeat(run_id: str, token: Token = None) -> dict[str, Any]:
        return database.transact(lambda cursor: runs.renew(cursor, run_id, token))

    @calls.patch("/api/executions/{run_id}/status", responses={**MISSING, **LOST})
    def change_status(run_id: str, body: models.StatusChange, token: Token = None) -> dict[str, Any]:
        return database.transact(lambda cursor: runs.change_status(cursor, run_id, token, body))

    @calls.post("/api/executions/{run_id}/progress", responses={**MISSING, **LOST})
    def record_progress(run_id: str, body: models.Progress, token: Token = None) -> dict[str, Any]:
        return database.transact(lambda cursor: runs.record_progress(cursor, run_id, token, body))


def add_record_routes(calls: APIRouter, database: Database) -> None:
    @calls.get("/api/kill-switch")
    def read_kill_switch(connection_id: Annotated[models.Identifier, Query()]) -> dict[str, Any]:
        return database.transact(lambda cursor: records.read_kill_switch(cursor, connection_id))

    @calls.post("/api/kill-switch")
    def set_kill_switch(body: models.KillSwitch) -> dict[str, Any]:
        return database.transact(lambda cursor: records.set_kill_switch(cursor, body))

    @calls.post("/api/rollbacks", status_code=201, responses={**MISSING, **LOST})
    def record_rollback(body: models.Rollback, token: Token = None) -> dict[str, Any]:
        return database.transact(lambda cursor: records.record_rollback(cursor, token, body))

    @calls.post("/api/audit", status_code=201, responses={**MISSING, **LOST})
    def write_audit(body: models.AuditEntry, token: Token = None) -> dict[str, Any]:
        return database.transact(lambda cursor: records.audit(cursor, token, body))
