"""A run in its phases: prepared, open while scenarios run, concluded. What a phase has not got, its type has not."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from secrets import token_hex
from zoneinfo import ZoneInfo

from behave.model import Scenario

from support.allure.report import REPORT
from support.allure.results import RESULTS
from support.clock import now
from support.errors import INTERRUPTED, AcceptanceError, SettingsError, TestEnvironmentError
from support.record.evidence import SUITE, Check, Evidence, RunRecord, Secrets
from support.record.evidence import write as write_evidence
from support.result_words import NOT_RUN
from support.resultlog import standing
from support.resultlog.publishing import point_at, prune, publish, withdraw
from support.run import notices
from support.run.behave_watch import BehaveWatch
from support.run.handlers.allure_results import AllureResults
from support.run.notices import Handler, Notices
from support.run.scenario_hooks import ScenarioHooks
from support.run.selection import Selection, location_of
from support.run.session import Environment, Session, suite_version
from support.run.signals import interrupts_ignored
from support.secret_text import new_secret
from support.settings import EXTERNAL, Settings

TIMING_FILE = "timing.json"


class PreparedRun:
    """A run that knows what it is to do, and has made nothing yet.

    :param secrets: gets all that must never be shown.
    :param jobs, why_one: how many scenarios go on side by side; why it is one, where somebody could expect more.
    :param shown: handlers that hear each notice before that of the Allure results, which every run leaves.
    """

    def __init__(
        self,
        settings: Settings,
        selection: Selection,
        secrets: Secrets,
        jobs: int,
        why_one: str,
        shown: Sequence[Handler],
    ) -> None:
        started = now()
        local = started.astimezone(ZoneInfo(settings.time_zone))
        run_id = f"{local:%Y%m%d-%H%M%S}-{token_hex(3)}"
        self.jobs, self._why_one = jobs, why_one
        self.settings, self.folder = settings, settings.reports_folder / "runs" / run_id
        self.secret = settings.api_secret or ("" if settings.stack == EXTERNAL else new_secret())
        self.secrets = secrets
        secrets.add(self.secret)
        self.selected, self.watch = selection.selected, BehaveWatch(selection.selected)
        self.left_something_out = False  # for a need that the test environment does not meet
        self.unjudged = {location_of(scenario) for scenario in selection.selected}
        self.record = RunRecord(
            run_id=run_id,
            started=started,
            time_zone=settings.time_zone,
            tester=settings.tester,
            reviewer=settings.reviewer,
            settings=settings.shown(),
            expected={case_id: sorted(locations) for case_id, locations in selection.expected.items()},
            selected=[location_of(scenario) for scenario in selection.selected],
            before=standing.before(settings.reports_folder),
        )
        allure_results = AllureResults(settings.reports_folder, self.secrets)
        self.notices = Notices([*shown, allure_results.hear], settings.reports_folder)

    def begin(self) -> None:
        """Make known what the run is about to do, and make its folder."""
        self.notices.say(notices.SettingsRead(self.settings.shown()))
        self.make_folder()

    @contextmanager
    def opened(self) -> Iterator[ScenarioHooks]:
        """Start everything under test in this process, and end it with the block.

        :raises AcceptanceError: something is not there or not well; what was started is ended.
        """
        logs, troubles = self.folder / "logs", self.record.troubles
        with Session.begun(self.settings, self.record.run_id, logs, self.secret, self.secrets, troubles) as session:
            try:
                self.ready(session.environment())
                yield ScenarioHooks(session, logs, self.secrets, self)
            finally:
                with interrupts_ignored():
                    self.cleaned_up(*session.clean_up(self.folder))

    def make_folder(self) -> None:
        """Make the run's folder, as that of the newest run: an older result is not to be taken for this one's."""
        with self.notices.writing():
            withdraw(self.settings.reports_folder, RESULTS, REPORT)
            (self.folder / "logs").mkdir(parents=True)
            point_at(self.folder, self.settings.reports_folder)
            standing.write(self.settings.reports_folder)
        self.notices.say(notices.FolderMade(self.folder, self.record, self.watch.planned()))

    def ready(self, environment: Environment) -> None:
        """A test environment is there; of several the first stands for all.

        :raises TestEnvironmentError: it is not as it has to be; SettingsError if it is agent_command alone.
        """
        record = self.record
        for password in environment.secrets:  # of a job, which knows its accounts alone
            self.secrets.add(password)
        first = not record.pre_checks
        if first:
            record.environment = {**environment.parts, SUITE: suite_version()}
            record.pre_checks = environment.pre_checks
            with self.notices.writing():
                record.write(self.folder, self.secrets)  # a run that is cut off leaves this behind
        failed = [f"{check.item}: {check.detail}" for check in environment.pre_checks if check.done is False]
        if failed:
            theirs = all(
                check.detail.startswith("agent_command") for check in environment.pre_checks if check.done is False
            )
            kind = SettingsError if theirs else TestEnvironmentError
            raise kind(f"the pre-test check failed: {'; '.join(failed)}")
        if first:
            count, server, api = len(record.selected), environment.server_version, environment.api_version
            self.notices.say(notices.EnvironmentReady(record.run_id, count, server, api, self.jobs, self._why_one))

    def cleaned_up(self, checks: list[Check], script: str) -> None:
        """The form's clean-up list was gone through while there still was a server to clean up."""
        record = self.record
        record.clean_up, record.clean_up_script = checks, script
        undone = [f"{check.item}: {check.detail}" for check in checks if check.done is False]
        if undone:
            record.troubles.append(f"the test environment: clean-up is not complete: {'; '.join(undone)}")

    # -- what a Recorder does -------------------------------------------------------------------------------

    def begun(self, scenario: Scenario) -> None:
        """A scenario begins, and those before it have ended."""
        for outcome in self.watch.begin(scenario):
            self.notices.say(notices.ScenarioSettled(outcome))
        self.notices.say(notices.ScenarioBegun(scenario.name))

    def judged(self, record: Evidence) -> None:
        """A scenario is over: write its evidence and make known how it ended."""
        with self.notices.writing():
            path = write_evidence(record, self.folder / "evidence", self.secrets)
        self.unjudged.discard(record.location)
        self.left_something_out |= record.unmet is not None and record.result == NOT_RUN
        self.notices.say(notices.ScenarioJudged(record, path))

    def stopping(self, reason: str) -> None:
        """No further scenario is run."""
        self.notices.say(notices.Stopping(reason))

    # -- how it ends ----------------------------------------------------------------------------------------

    def fail(self, error: AcceptanceError) -> None:
        """Trouble of the run as a whole: make it known, and keep it for the verdict, which it forbids."""
        message = self.secrets.masked(str(error))
        self.notices.say(notices.RunTrouble(error.blames, message))
        self.record.troubles.append(f"{error.blames}: {message}")

    def interrupt(self) -> None:
        """Somebody ended the run."""
        if INTERRUPTED not in self.record.troubles:
            self.record.troubles.append(INTERRUPTED)

    def refuse(self, error: AcceptanceError) -> str | None:
        """Nothing can be run: conclude with that as the newest result, so that nobody takes an older one for it."""
        self.fail(error)
        try:
            self.make_folder()
        except TestEnvironmentError as more:
            self.fail(more)
        return self.conclude(failed=True)

    def conclude(self, failed: bool) -> str | None:
        """Write and show the verdict; behave says whether the run ``failed``.

        :return: the decision; None if there could be no verdict.
        """
        record = self.record
        if self.unjudged and self.watch.anything_begun:
            some = ", ".join(sorted(self.unjudged)[:3])
            record.troubles.append(f"{len(self.unjudged)} selected scenarios were never judged: {some} …")
        self.notices.say(notices.ScenariosEnded(record, failed, self.watch.end()))
        try:
            record.ended = now()
            with self.notices.writing():
                record.write(self.folder, self.secrets)
                content = publish(self.folder, self.settings.reports_folder)
                prune(self.settings.reports_folder)
                standing.write(self.settings.reports_folder)
            with self.notices.writing():
                timing = {"reporting_s": round(self.notices.seconds, 3)}
                (self.folder / TIMING_FILE).write_text(json.dumps(timing))
        except AcceptanceError as error:
            self._do_without_a_verdict(error)
            return None
        how_it_stands = standing.lines(self.settings.reports_folder)
        self.notices.say(notices.VerdictReached(content, self.folder, self.watch.anything_begun, how_it_stands))
        return str(content["decision"])

    def _do_without_a_verdict(self, error: AcceptanceError) -> None:
        """Half a result is none: nobody is to find it, nor an older one in its place."""
        try:
            withdraw(self.settings.reports_folder, RESULTS, REPORT)
        except OSError:
            pass  # then nothing of this run could be put there, either
        message = f"{self.secrets.masked(str(error))}; older runs and their verdicts are in {self.folder.parent}"
        self.notices.say(notices.RunTrouble("No verdict", message))
