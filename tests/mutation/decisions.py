"""Which code of the bundled executor decides something, and which test cases concern it."""

from dataclasses import dataclass

from support.settings import PROJECT

PACKAGE = "docker/executor/executor_v1"


@dataclass(frozen=True)
class Module:
    """One module of the decision code. ``cases`` are the test cases that are tried first, the others come after."""

    name: str
    cases: tuple[str, ...]

    @property
    def path(self) -> str:
        """The file, seen from the project's folder."""
        return f"{PACKAGE}/{self.name}.py"

    def source(self) -> str:
        """The module as it is in this checkout."""
        return (PROJECT / self.path).read_text(encoding="utf-8")


DECISION_CODE = (
    Module("agent/killswitch", ("TC-02", "TC-03", "TC-09")),
    Module("agent/verification", ("TC-06", "TC-08")),
    Module("agent/metrics", ("TC-06", "TC-08")),
    Module("agent/outcomes", ("TC-04", "TC-05", "TC-07")),
    Module("agent/takeover", ("TC-10", "TC-05")),
    Module("agent/rollback", ("TC-03", "TC-07", "TC-06")),
    Module("agent/fencing", ("TC-10", "TC-01")),
    Module("agent/worker", ("TC-05", "TC-03", "TC-10", "TC-06")),
    Module("agent/change", ("TC-04", "TC-05")),
    Module("agent/schema", ("TC-10", "TC-04", "TC-05", "TC-03")),
    Module("agent/lease", ("TC-10", "TC-01")),
    Module("agent/runner", ("TC-01", "TC-10")),
    Module("agent/job", ("TC-03", "TC-10", "TC-07")),
    Module("agent/errors", ("TC-04", "TC-05", "TC-07")),
    Module("agent/session", ("TC-01", "TC-10", "TC-07")),
    Module("agent/client", ("TC-01", "TC-09")),
    Module("agent/http", ("TC-09", "TC-01")),
    Module("api/runs", ("TC-01", "TC-10")),
    Module("api/records", ("TC-02", "TC-03", "TC-07")),
    Module("vocabulary", ("TC-01", "TC-10")),
)

OTHER_CODE = {
    "agent/identifiers": "which names are accepted; no test case asks for a bad one",
    "agent/__main__": "the command line",
    "agent/config": "settings and their bounds",
    "agent/poll": "a worker that looks for work by itself; the suite starts one for each run",
    "api/__main__": "the command line",
    "api/app": "which function answers which address",
    "api/config": "settings and their bounds",
    "api/database": "connections and transactions",
    "api/guard": "the secret; no test case calls without it",
    "api/models": "which request bodies are accepted; no test case sends a bad one",
    "api/problems": "the form of error documents",
    "api/rows": "the form of times and JSON columns",
    "environment": "settings and their bounds",
    "logs": "logs",
}
"""The rest, with what it does. The executor's own tests (tests/executor/) are for it."""


def module(name: str) -> Module:
    """The module of that name; it has to be one of the decision code."""
    return next(module for module in DECISION_CODE if module.name == name)
