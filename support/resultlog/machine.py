"""The log for programs: a CSV of every row of every table, and a JUnit report for pipelines. Both lie in the run's folder."""

import csv
import io
import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from support.result_words import PASS, UNJUDGED
from support.resultlog.merging import Material

CSV, JUNIT = "result-log.csv", "junit.xml"
_NO_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(material: Material) -> str:
    """Field, Expected and Actual of each scenario, a row each; spreadsheets take no text for a formula."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["Test case", "Scenario", "Location", "Result", "Field", "Expected", "Actual", "Verdict"])
    for record in material.records:
        about = [record.id, record.name.strip(), record.location, record.result]
        for row in record.observations:
            rows.writerow([_plain(one) for one in (*about, row.field, row.expected, row.actual, row.verdict)])
        if not record.observations:
            rows.writerow(
                [_plain(one) for one in (*about, "", "", record.unmet or record.failure or "", record.result)]
            )
    return text.getvalue()


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def as_junit(material: Material) -> str:
    """A suite for each test case: what failed is a failure if the executor is blamed, else an error."""
    root = Element("testsuites", name=f"Executor v1 acceptance {material.run_id}")
    for case_id in dict.fromkeys(record.id for record in material.records):
        those = [record for record in material.records if record.id == case_id]
        suite = SubElement(
            root, "testsuite", name=case_id, tests=f"{len(those)}", timestamp=those[0].started.isoformat()
        )
        counts = {"failure": 0, "error": 0, "skipped": 0}
        for record in those:
            case = SubElement(suite, "testcase", classname=case_id, name=_xml(record.name.strip()), file=record.location,
                              time=f"{record.duration_s:.3f}")  # fmt: skip
            if record.result == PASS:
                continue
            kind = "skipped" if record.result in UNJUDGED else "failure" if record.blames == "the executor" else "error"
            counts[kind] += 1
            failure = record.failure or record.unmet or record.result
            SubElement(case, kind, message=_xml(record.why or record.result)).text = _xml(failure)
        suite.attrib |= {f"{kind}s" if kind != "skipped" else kind: f"{count}" for kind, count in counts.items()}
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _xml(text: str) -> str:
    return _NO_XML.sub("�", text)
