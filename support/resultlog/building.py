"""The whole log, from the material of one run or several."""

from typing import Any

from support.clock import Clock
from support.result_words import FAIL, NOT_RUN, PASS
from support.resultlog import appendices, sections, summary
from support.resultlog.blocks import Group, Heading, Log
from support.resultlog.cases import case_log
from support.resultlog.merging import Material, verdict_of


def build(material: Material) -> tuple[Log, dict[str, Any]]:
    """The log, and the verdict it agrees with."""
    content = verdict_of(material)
    decision, reasons, clock = content["decision"], content["reasons"], Clock(material.time_zone)
    cases = [case_log(case_id, judged, material, clock) for case_id, judged in content["test_cases"].items()]
    results = {case.id: case.result for case in cases}
    passed, failed, unrun = (list(results.values()).count(word) for word in (PASS, FAIL, NOT_RUN))
    parts = [
        Group(sections.information(material, clock)),
        Group([Heading(2, "2. Test Results - Detailed Log"), *sections.overview(cases)]),
        *map(sections.case, cases),
        *sections.beyond(material),
        Group(
            [
                Heading(2, "3. Test Results Summary"),
                *sections.totals(material, cases, (passed, failed, unrun)),
                *sections.blockers(results),
                *sections.decision(decision, reasons),
                *summary.failures(cases, unrun),
            ],
            "page",
        ),
        Group(sections.issues(material, cases)),
        Group(sections.clean_up(material)),
        Group(sections.sign_off(material, decision), "keep"),
        Group(appendices.log_files(material, cases), "page"),
        Group(appendices.clean_up_commands(material)),
        Group(appendices.evidence(material)),
    ]
    log = Log(
        title=material.run_id,
        period=f"{clock.date(material.started)} · {clock.minute(material.started)} – {sections.end(material, clock)}",
        decision=decision,
        choice=summary.decision_boxes(decision),
        tally=f"{passed} of {len(cases)} test cases passed, {failed} failed, {unrun} did not run.",
        reasons=reasons,
        troubles=material.troubles,
        results=results,
        sections=parts,
    )
    return log, content
