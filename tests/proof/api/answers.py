"""An API whose answers say nothing: TC-01 and TC-10."""

from tests.proof.catalogue import mutant


def _with_status(chosen):
    """A patch of the middleware: every answer's status code is what ``chosen`` makes of path and status."""

    def patch(call):
        async def answering(self, scope, receive, send):
            async def rewritten(message):
                if message["type"] == "http.response.start":
                    message = {**message, "status": chosen(scope["path"], message["status"])}
                await send(message)

            await call(self, scope, receive, rewritten)

        return answering

    return patch


@mutant(
    "TC-01",
    of="api.guard.Guard.__call__",
    failure="answered POST /api/executions with 200 instead of 201",
    cause=("the SaaS API", "wrong answer", "200"),
)
def api_answers_200_to_everything(call):
    """The API answers every call with 200, whatever it did or did not do."""
    return _with_status(lambda path, status: 200)(call)


@mutant("TC-01", "Worker 2 HTTP Response", of="api.guard.Guard.__call__", cause=("the SaaS API", "rule broken", "R-41"))
def api_answers_200_to_every_worker(call):
    """The API answers every call of a worker about its run with 200; other calls as it should."""
    return _with_status(lambda path, status: 200 if path.endswith(("/claim", "/heartbeat", "/status")) else status)(
        call
    )


@mutant(
    "TC-10",
    "Worker 1 claimed successfully",
    of="api.guard.Guard.__call__",
    scenario="Lease Expiry$",
    cause=("the SaaS API", "wrong answer", "202"),
)
def claims_answered_with_202(call):
    """A claim that is granted is answered with 202 in place of 200."""
    return _with_status(lambda path, status: 202 if path.endswith("/claim") and status == 200 else status)(call)
