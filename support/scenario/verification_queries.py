"""The "Database Verification" queries of the result log's form, run at the moment at which the scenario is looked at."""

from support.clock import now
from support.form import TEST_CASES
from support.mysql.database import Database
from support.record.evidence import Query
from support.stacks.saas_api import RunSpec


def run(database: Database, case_id: str, spec: RunSpec) -> list[Query]:
    """Run the queries of one test case for one execution run; none for a scenario beyond the test cases."""
    if case_id not in TEST_CASES:
        return []
    queries = TEST_CASES[case_id].verification_queries(spec.id, spec.table_name, spec.index_name)
    return [Query(title, sql, database.rows(sql), now()) for title, sql in queries]
