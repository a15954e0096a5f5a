"""What a person sees of a run in the terminal."""

from support.files import shown
from support.record.evidence import Secrets
from support.run.notices import (
    EnvironmentReady,
    Notice,
    NoVerdict,
    RunTrouble,
    ScenarioBegun,
    ScenarioJudged,
    SettingsRead,
    Stopping,
    VerdictReached,
)
from support.run.pointers import where_to_look
from support.run.verdict_table import show_verdict
from support.terminal import Terminal


class TerminalLines:
    """Says what happens, in lines.

    :param each: whether each scenario gets its line; not where behave's own formatter shows it.
    """

    def __init__(self, terminal: Terminal, secrets: Secrets, each: bool) -> None:
        self._terminal, self._secrets, self._each = terminal, secrets, each

    def hear(self, notice: Notice) -> None:
        """See ``Handler``."""
        terminal = self._terminal
        match notice:
            case SettingsRead(settings):
                terminal.say(*(f"setting {name} = {value}" for name, value in settings))
            case EnvironmentReady(run_id, scenarios, server, api):
                terminal.say(f"Run {run_id}: {scenarios} scenarios against {server}, SaaS API {api}", "")
            case ScenarioBegun(name) if self._each:
                terminal.scenario_starts(name)
            case ScenarioJudged() if self._each:
                self._judged(notice)
            case Stopping(reason):
                terminal.say(f"Stopping here: {self._secrets.masked(reason)}")
            case RunTrouble(blames, message):
                terminal.trouble(blames, message)
            case VerdictReached(content, folder, True):
                show_verdict(terminal, content, shown(folder))
            case VerdictReached(content):
                terminal.say(f"Nothing was run. Decision: {terminal.coloured(content['decision'])}")
            case NoVerdict(message, runs):
                terminal.trouble("No verdict", f"{message}; older runs and their verdicts are in {runs}")

    def _judged(self, judged: ScenarioJudged) -> None:
        record, masked = judged.record, self._secrets.masked
        self._terminal.scenario_ends(record.result, record.duration_s)
        if record.unmet:
            self._terminal.say(f"      {masked(record.unmet)}")
        if record.failure is not None:
            self._terminal.failure(masked(record.failure), where_to_look(record, judged.path))
