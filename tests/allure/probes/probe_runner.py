"""A run without a stack: behave with the Allure recorder and evidence records, and nothing under test.

The hooks in ``environment.py`` do what the suite's own hooks do, and break where the test says so.
"""

import os
from pathlib import Path

from behave.model import Scenario
from behave.runner import Context, Runner

from support.allure.recorder import AllureRecorder
from support.clock import now
from support.errors import blame_of
from support.record import evidence
from support.record.evidence import Evidence, RunRecord, Secrets
from support.result_words import FAIL, PASS
from support.run.behave_watch import BehaveWatch
from support.run.selection import location_of, scenarios_of

SECRET = "s3cr3t-of-the-probe"


class ProbeRunner(Runner):
    """Runs the probe's features and leaves its folder in ``PROBE_FOLDER``; fails as behave and the check at the end say."""

    def run_model(self, features=None):
        folder = Path(os.environ["PROBE_FOLDER"])
        selected = [s for s in scenarios_of(self.features) if s.should_run(self.config)]
        expected: dict[str, set[str]] = {}
        for scenario in selected:
            for tag in scenario.effective_tags:
                expected.setdefault(str(tag), set()).add(location_of(scenario))
        locations = [location_of(scenario) for scenario in selected]
        record = RunRecord(folder.name, now(), "Asia/Bangkok", "a tester", "", [], expected, locations)
        secrets, watch = Secrets([SECRET]), BehaveWatch(selected)
        recorder = AllureRecorder(folder, record, secrets, watch.planned())
        self.context.recorder, self.context.watch = recorder, watch
        self.context.secrets, self.context.folder = secrets, folder
        watch.attach(self)
        failed = super().run_model(features)
        ending = watch.end()
        for outcome in ending.settled:
            recorder.settle(outcome)
        differences = recorder.conclude(failed, ending.left, ending.elsewhere, ending.aborted)
        (folder / "outcome.txt").write_text("\n".join([str(failed), *differences]), encoding="utf-8")
        return failed or bool(differences)


def begin(context: Context, scenario: Scenario) -> None:
    """What the suite's own before_scenario does."""
    for outcome in context.watch.begin(scenario):
        context.recorder.settle(outcome)


def finish(context: Context, scenario: Scenario) -> None:
    """What the suite's own after_scenario does: leave an evidence record."""
    record = Evidence("TC-02", scenario.name, scenario.feature.name, location_of(scenario), [], "")
    record.ended = now()
    broken = next((step for step in scenario.all_steps if step.exception), None)
    if broken is not None:
        record.failure, record.blames = str(broken.exception), blame_of(broken.exception, in_step=True)
    record.result = PASS if scenario.status.name == "passed" else FAIL
    evidence.write(record, context.folder / "evidence", context.secrets)
