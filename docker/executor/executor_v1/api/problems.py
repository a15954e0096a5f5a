"""Errors as the API tells them: RFC 9457 problem documents, whatever went wrong."""

from http import HTTPStatus
from typing import Any

import pymysql
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from executor_v1 import logs

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """A request that is refused. `code` is for programs, `detail` for people."""

    def __init__(self, status: int, code: str, detail: str):
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail


def not_found(what: str) -> Problem:
    return Problem(404, "not_found", f"{what} does not exist")


def conflict(code: str, detail: str) -> Problem:
    return Problem(409, code, detail)


def lease_lost(detail: str) -> Problem:
    return conflict("lease_lost", f"lease lost: {detail}")


def document(status: int, code: str, detail: str, instance: str, **more: Any) -> dict[str, Any]:
    """The members of a problem document."""
    title = HTTPStatus(status).phrase
    members = {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": instance}
    return {**members, "code": code, **more}


def response(path: str, status: int, code: str, detail: str, headers: Any = None, **more: Any) -> JSONResponse:
    return JSONResponse(document(status, code, detail, path, **more), status, headers, MEDIA_TYPE)


def validation_errors(error: RequestValidationError) -> list[dict[str, str]]:
    """Where and what, without the rejected value: it may be anything, a secret included."""
    return [
        {"location": ".".join(str(part) for part in item["loc"]), "message": item["msg"]} for item in error.errors()
    ]


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem document."""

    @app.exception_handler(Problem)
    def refused(request: Request, error: Problem) -> JSONResponse:
        return response(request.url.path, error.status, error.code, error.detail)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        errors = validation_errors(error)
        detail = "; ".join(f"{item['location']}: {item['message']}" for item in errors)
        return response(request.url.path, 422, "invalid_request", detail, errors=errors)

    @app.exception_handler(HTTPException)
    def http_error(request: Request, error: HTTPException) -> JSONResponse:
        code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
        return response(request.url.path, error.status_code, code, str(error.detail), headers=error.headers)

    @app.exception_handler(pymysql.err.OperationalError)
    @app.exception_handler(pymysql.err.InterfaceError)
    def database_away(request: Request, error: pymysql.err.MySQLError) -> JSONResponse:
        logs.error("database_unavailable", path=request.url.path, error=str(error))
        return response(request.url.path, 503, "database_unavailable", "the database did not carry out the request")

    @app.exception_handler(Exception)
    def broken(request: Request, error: Exception) -> JSONResponse:
        return response(request.url.path, 500, "internal_error", "the API failed; its log has the details")
