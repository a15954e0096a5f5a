"""A run of the suite from start to end: the stack, the scenarios' evidence, the verdict, and nothing left behind."""

import json
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pymysql
from behave.model import Scenario, Step

from support.allure.recorder import RESULTS, AllureRecorder
from support.checks.checklists import clean_up, pre_checks
from support.checks.needs import Offer
from support.clock import now
from support.errors import INTERRUPTED, AcceptanceError, TestEnvironmentError, blame_of
from support.record import evidence
from support.record.evidence import Evidence, Secrets
from support.record.run_record import RunRecord
from support.result_words import FAIL, NOT_RUN, PASS
from support.resultlog.publishing import point_at, prune, publish, withdraw
from support.run.recording import add_failure, in_words, record_of, shown, where_to_look
from support.run.selection import Selection, location_of
from support.scenario.case import Case
from support.settings import EXTERNAL, Settings
from support.stacks.choosing import make_stack
from support.stacks.stack import Stack
from support.stacks.warden import FOLDER_PREFIX, Warden, sweep_leftovers
from support.terminal import Terminal

TIMING_FILE = "timing.json"


class AcceptanceRun:
    """One run. ``open`` it, give it the scenarios, ``close`` it; what goes wrong in between is never lost."""

    def __init__(self, settings: Settings, selection: Selection, terminal: Terminal, shows_lines: bool) -> None:
        self.settings, self.selection, self.terminal = settings, selection, terminal
        self._shows_lines = shows_lines
        self._reporting_seconds = 0.0
        self.started = now()
        self.run_id = f"{self.local(self.started):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
        self.folder = settings.reports_folder / "runs" / self.run_id
        self._secret = settings.api_secret or ("" if settings.stack == EXTERNAL else secrets.token_urlsafe(18))
        self.secrets = Secrets(settings.secrets())
        self.secrets.add(self._secret)
        self.record = RunRecord(
            run_id=self.run_id,
            started=self.started,
            time_zone=settings.time_zone,
            tester=settings.tester,
            reviewer=settings.reviewer,
            settings=settings.shown(),
            expected={case_id: sorted(locations) for case_id, locations in selection.expected.items()},
            selected=[location_of(scenario) for scenario in selection.selected],
        )
        self.stack: Stack | None = None
        self.left_something_out = False
        self._offer: Offer | None = None
        self.allure: AllureRecorder | None = None
        self._warden: Warden | None = None
        self._begun = False
        self._unjudged = {location_of(scenario) for scenario in selection.selected}

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        """Counts the time that evidence, result log and Allure results take; ``TestEnvironmentError`` if they can't be written."""
        began = time.monotonic()
        try:
            yield
        except OSError as error:
            why = error.strerror or str(error)
            raise TestEnvironmentError(
                f"what the run leaves cannot be written to {self.settings.reports_folder}: {why}"
            ) from error
        finally:
            self._reporting_seconds += time.monotonic() - began

    def local(self, moment: datetime) -> datetime:
        """``moment`` in the time zone that people read."""
        return moment.astimezone(ZoneInfo(self.settings.time_zone))

    # -- around the run -------------------------------------------------------------------------------------

    def open(self) -> None:
        """Start everything under test.

        :raises AcceptanceError: something is not there or not well; what was started is ended by ``close``.
        """
        for name, value in self.settings.shown():
            self.terminal.say(f"setting {name} = {value}")
        temporary = Path(tempfile.gettempdir())
        sweep_leftovers(temporary)
        logs = self._make_folder()
        self._warden = Warden.start(self.run_id, self.folder / "logs" / "warden.log")
        folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
        self._warden.remove_folder(folder)
        try:
            self.stack = make_stack(self.settings, self.run_id, folder, logs, self._secret, self._warden)
        except pymysql.MySQLError as error:
            hint = "; make preflight lists what is missing" if self.settings.stack == EXTERNAL else ""
            raise TestEnvironmentError(
                f"MySQL refused what a run needs: {error.args[-1]} ({error.args[0]}){hint}"
            ) from error
        self._offer = Offer(self.stack)
        for secret in self.stack.secrets():
            self.secrets.add(secret)
        self.record.environment = self.stack.environment()
        self.record.pre_checks = pre_checks(self.stack)
        with self._reporting():
            self.record.write(self.folder, self.secrets)  # a run that is cut off leaves this behind
        failed = [f"{check.item}: {check.detail}" for check in self.record.pre_checks if check.done is False]
        if failed:
            raise TestEnvironmentError(f"the pre-test check failed: {'; '.join(failed)}")
        self.terminal.say(
            f"Run {self.run_id}: {len(self.selection.selected)} scenarios against {self.stack.server_version},"
            f" SaaS API {self.stack.health.get('version')}",
            "",
        )

    def refuse(self, error: AcceptanceError) -> None:
        """Nothing can be run: leave that as the newest result, so that nobody takes an older one for it."""
        self.fail(error)
        try:
            self._make_folder()
        except TestEnvironmentError as more:
            self.fail(more)

    def fail(self, error: AcceptanceError) -> None:
        """Trouble of the run as a whole: say it, and keep it for the verdict, which it forbids."""
        told = self.secrets.masked(str(error))
        self.terminal.trouble(error.blames, told)
        self.record.troubles.append(f"{error.blames}: {told}")

    def _make_folder(self) -> Path:
        """Make the run's folder, as that of the newest run: an older result is not to be taken for this one's."""
        logs = self.folder / "logs"
        with self._reporting():
            withdraw(self.settings.reports_folder, RESULTS)
            logs.mkdir(parents=True)
            point_at(self.folder, self.settings.reports_folder)
            self.allure = AllureRecorder(self.folder, self.selection, self.record, self.secrets)
        return logs

    def close(self, failed: bool) -> dict | None:
        """End everything, write and show the verdict, and return it; None if it can't be written.

        :param failed: behave calls the run failed.
        """
        if self.stack is not None:
            self._clean_up()
        try:
            if self.stack is not None:
                self.stack.stop()
        except Exception as error:  # noqa: BLE001 - the warden still has to clean up, and the verdict to be written
            self.record.troubles.append(f"the stack did not stop well: {error}")
        try:
            if self._warden is not None:
                self._warden.close()
        except AcceptanceError as error:
            self.record.troubles.append(str(error))
        if self._unjudged and self._begun:
            some = ", ".join(sorted(self._unjudged)[:3])
            self.record.troubles.append(f"{len(self._unjudged)} selected scenarios were never judged: {some} …")
        self._conclude_allure(failed)
        return self._conclude()

    def _clean_up(self) -> None:
        """Go through the form's clean-up list while there still is a server to clean up."""
        self.record.clean_up, self.record.clean_up_script = clean_up(self.stack, self.folder)
        undone = [f"{check.item}: {check.detail}" for check in self.record.clean_up if check.done is False]
        if undone:
            self.record.troubles.append(f"the test environment: clean-up is not complete: {'; '.join(undone)}")

    def _conclude_allure(self, failed: bool) -> None:
        if self.allure is None:
            return
        try:
            with self._reporting():
                self.record.troubles += self.allure.conclude(failed)
                self.allure.publish(self.settings.reports_folder / RESULTS)
        except Exception as error:  # noqa: BLE001 - the verdict still has to be written
            self.record.troubles.append(f"the suite: the Allure results could not be written: {error}")

    def _conclude(self) -> dict | None:
        try:
            with self._reporting():
                self.record.ended = now()
                self.record.write(self.folder, self.secrets)
                content = publish(self.folder, self.settings.reports_folder)
                prune(self.settings.reports_folder)
            with self._reporting():
                timing = {"reporting_s": round(self._reporting_seconds, 3)}
                (self.folder / TIMING_FILE).write_text(json.dumps(timing))
        except AcceptanceError as error:
            return self._no_verdict(error)
        if self._begun:
            self.terminal.verdict(content, shown(self.folder))
        else:
            self.terminal.say(f"Nothing was run. Decision: {self.terminal.coloured(content['decision'])}")
        return content

    def _no_verdict(self, error: AcceptanceError) -> None:
        """Half a result is none: nobody is to find it, nor an older one in its place."""
        try:
            withdraw(self.settings.reports_folder, RESULTS)
        except OSError:
            pass  # then nothing of this run could be put there, either
        self.record.troubles.append(str(error))
        told = self.secrets.masked(str(error))
        self.terminal.trouble("No verdict", f"{told}; older runs and their verdicts are in {self.folder.parent}")

    # -- around a scenario ----------------------------------------------------------------------------------

    def begin(self, scenario: Scenario) -> Case | None:
        """Start the record of a scenario and bring the database into its first state.

        :return: None if the scenario needs something that is not there: it is skipped, and its record says why.
        """
        self._begun = True
        logs = self.folder / "logs" / location_of(scenario).rpartition("/")[2].replace(".feature:", "-")
        with self._reporting():
            self.allure.begin(scenario)
            logs.mkdir(parents=True, exist_ok=True)
        if self._shows_lines:
            self.terminal.scenario_starts(scenario.name)
        record = record_of(scenario)
        try:
            if unmet := self._offer.unmet(scenario.effective_tags):
                scenario.skip()
                record.unmet = scenario.skip_reason = unmet.reason
                self.left_something_out |= unmet.result == NOT_RUN
                self._judge(record, unmet.result)
                return None
            return Case(self.stack, self.settings, record, logs)
        except Exception as error:
            record.failure, record.blames = in_words(error), blame_of(error, in_step=False)
            self._judge(record, FAIL)
            raise

    def note_step(self, case: Case, step: Step) -> None:
        """Note how long a phrase took, and the first thing that went wrong: where the test environment is gone, that is why."""
        record = case.evidence
        record.steps.append(evidence.Step(f"{step.keyword} {step.name}", step.status.name, step.duration))
        if step.exception is not None and record.failure is None:
            error = step.exception
            if blame_of(error, in_step=True) != INTERRUPTED:
                error = self.stack.what_is_gone() or error
            record.failure, record.blames = in_words(error), blame_of(error, in_step=True)

    def finish(self, case: Case, scenario: Scenario) -> str | None:
        """Clean up after a scenario and write its evidence.

        :return: what makes the whole run pointless from here on, if anything does.
        :raises TestEnvironmentError: behave took it for passed, and it is not: its clean-up or its evidence failed.
        """
        record = case.evidence
        try:
            with self._reporting():
                case.collect()
        except Exception as error:  # noqa: BLE001 - evidence that can't be had must not hide the result
            add_failure(record, f"evidence could not be collected: {error}", "the test environment")
        undone = case.close()
        for trouble in undone:
            add_failure(record, f"clean-up failed: {trouble}", "the test environment")
        passed = scenario.status.name == "passed" and record.failure is None
        if not passed and record.failure is None:
            add_failure(record, f"behave calls the scenario {scenario.status.name}", "the suite")
        self._judge(record, PASS if passed else NOT_RUN if record.blames == INTERRUPTED else FAIL)
        if scenario.status.name == "passed" and not passed:
            raise TestEnvironmentError(self.secrets.masked(record.failure))
        return self._reason_to_stop(record) or (f"clean-up failed: {undone[0]}" if undone else None)

    def _judge(self, record: Evidence, result: str) -> None:
        """The scenario is over: write its evidence and show how it ended."""
        record.ended, record.result = now(), result
        with self._reporting():
            path = evidence.write(record, self.folder / "evidence", self.secrets)
        self._unjudged.discard(record.location)
        if self._shows_lines:
            self._show(record, path)

    def _reason_to_stop(self, record: Evidence) -> str | None:
        if record.blames == "the agent command":
            return record.failure
        gone = self.stack.what_is_gone() if record.blames == TestEnvironmentError.blames else None
        return str(gone) if gone else None

    def _show(self, record: Evidence, path: Path) -> None:
        self.terminal.scenario_ends(record.result, record.duration_s)
        if record.unmet:
            self.terminal.say(f"      {self.secrets.masked(record.unmet)}")
        if record.failure is not None:
            self.terminal.failure(self.secrets.masked(record.failure), where_to_look(record, path))
