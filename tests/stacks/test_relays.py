"""Every stack gives each worker a relay of its own, so that whoever sent a statement is known."""

import pytest

from support.record.reading import read_all
from tests.harness.running import behave, evidence_of

TWO_WORKERS = "TC-10 Worker Crash + Lease Expiry"


def owners_of(reports) -> list[list[str | None]]:
    """The owners of the schema changes of each scenario that has some, in their order."""
    records = read_all(reports / "latest" / "evidence")
    return [[one.owner for one in record.changes] for record in records if record.changes]


@pytest.mark.parametrize("named", [False, True])
def test_statements_of_two_workers_are_told_apart(mysql_server, tmp_path, named):
    server = ["-D", "mysql_host=localhost", "-D", f"mysql_port={mysql_server.port}"] if named else []

    status, output = behave(
        tmp_path, "features/takeover.feature", f"--name={TWO_WORKERS.replace('+', '[+]')}$", *server,
        ACCEPTANCE_MYSQL_PASSWORD=mysql_server.password if named else "",
    )  # fmt: skip

    assert status in (0, 1), output
    assert [record["result"] for record in evidence_of(tmp_path).values()] == ["PASS"], output
    assert owners_of(tmp_path) == [["worker 1", "worker 2"]]
