"""The log for programs says what the records say, whatever is in them."""

import csv
import io
from xml.etree import ElementTree

from support.form import TEST_CASES
from support.record.evidence import Cause, Observation
from support.record.reading import read
from support.result_words import NOT_RUN, PASS
from support.resultlog.machine import as_csv, as_junit
from support.resultlog.merging import merge
from tests.resultlog.test_resultlog_data import LOCATIONS, make_run

RED, LEFT_OUT, BROKEN = LOCATIONS["TC-09"][1], LOCATIONS["TC-04"][1], LOCATIONS["TC-05"][0]


def material(tmp_path):
    records = {
        RED: {"cause": Cause("worker 1", "rule broken", "R-10", 'Worker 1 said "<no>" \x00.')},
        LEFT_OUT: {"result": NOT_RUN, "unmet": "the server has no such index", "observations": []},
        BROKEN: {"blames": "the test environment"},
        LOCATIONS["TC-02"][0]: {"observations": [Observation("=1+1", 'a,"b"\nc', "ก้ำ", PASS)]},
    }
    return merge([read(make_run(tmp_path, failing={RED, BROKEN}, records=records))])


def test_the_csv_has_each_row_of_each_scenario(tmp_path):
    rows = list(csv.DictReader(io.StringIO(as_csv(material(tmp_path)))))

    assert {row["Location"] for row in rows} == {one for locations in LOCATIONS.values() for one in locations}
    wrong = next(row for row in rows if row["Location"] == RED and row["Verdict"] != PASS)
    assert (wrong["Field"], wrong["Expected"], wrong["Actual"]) == ("fail_reason", "kill_switch", "something else")
    assert {"Field": "'=1+1", "Expected": 'a,"b"\nc', "Actual": "ก้ำ"}.items() <= next(
        row for row in rows if "1+1" in row["Field"]
    ).items()


def test_the_junit_report_is_no_greener_than_the_run(tmp_path):
    root = ElementTree.fromstring(as_junit(material(tmp_path)).encode())
    found = {case.get("file"): [one.tag for one in case] for case in root.iter("testcase")}

    assert [suite.get("name") for suite in root] == list(TEST_CASES)
    assert (found.pop(RED), found.pop(LEFT_OUT), found.pop(BROKEN)) == (["failure"], ["skipped"], ["error"])
    assert not any(found.values())
    assert root.find("testsuite[@name='TC-09']").get("failures") == "1"
    assert root.find(".//failure").get("message") == 'Worker 1 said "<no>" �.'
