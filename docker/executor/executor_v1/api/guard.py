"""What stands before every call: the secret is compared, and the answer is logged in one line."""

import hmac
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from executor_v1 import logs

from . import problems

# The documentation is open: a browser can't send a header with the address that a person types. It is the contract
# in print and touches no data; every call that it offers is guarded.
ASSETS = "/docs/assets"
DOCUMENTATION = {"/docs", "/openapi.json"} | {
    f"{ASSETS}/{name}" for name in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png")
}
OPEN_PATHS = frozenset({"/health", *DOCUMENTATION})


def is_allowed(path: str, secret: str, given: str) -> bool:
    """Whether a call may pass; compared in constant time, so that answers' times tell nothing of the secret."""
    if not secret or path in OPEN_PATHS:
        return True
    return hmac.compare_digest(secret.encode(), given.encode())


class Guard:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, secret: str):
        self._app, self._secret = app, secret

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.monotonic(), 500

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            if is_allowed(scope["path"], self._secret, header(scope, b"x-api-secret")):
                await self._app(scope, receive, note)
            else:
                detail = "the header X-API-SECRET is missing or wrong"
                await problems.response(scope["path"], 401, "unauthorized", detail)(scope, receive, note)
        finally:
            took = round((time.monotonic() - started) * 1000, 1)
            logs.info("request", method=scope["method"], path=scope["path"], status=status, milliseconds=took)


def header(scope: Scope, name: bytes) -> str:
    """The first value of a header, or nothing."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")
