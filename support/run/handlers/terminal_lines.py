"""What a person sees of a run in the terminal."""

from collections.abc import Sequence

from support.again import again
from support.files import shown
from support.judgement.cause import beside
from support.record.evidence import Secrets
from support.run import notices
from support.run.notices import Notice
from support.run.verdict_table import show_verdict
from support.terminal import Terminal


class TerminalLines:
    """Says what happens, in lines.

    :param each: whether each scenario gets its line; not where behave's own formatter shows it.
    :param order: the names of all scenarios where several are at work at once: their lines come in this order.
    """

    def __init__(self, terminal: Terminal, secrets: Secrets, each: bool, order: Sequence[str] = ()) -> None:
        self._terminal, self._secrets, self._each = terminal, secrets, each
        self._to_come, self._early = list(order), dict[str, notices.ScenarioJudged]()
        self._at_work, self._count = list[str](), len(order)
        self._settings = list[tuple[str, str]]()

    def hear(self, notice: Notice) -> None:
        terminal = self._terminal
        match notice:
            case notices.SettingsRead(settings):
                self._settings = settings
                terminal.say(*(f"setting {name} = {value}" for name, value in settings))
            case notices.FolderMade():
                terminal.progress("  starting what is under test …")
            case notices.EnvironmentReady(run_id, scenarios, server, api, jobs, why_one):
                beside = f", {jobs} side by side" if jobs > 1 else f", one at a time: {why_one}" if why_one else ""
                terminal.say(f"Run {run_id}: {scenarios} scenarios against {server}, SaaS API {api}{beside}", "")
            case notices.ScenarioBegun(name) if self._each and self._count:
                self._at_work.append(name)
                self._show_progress()
            case notices.ScenarioBegun(name) if self._each:
                terminal.scenario_starts(name)
            case notices.ScenarioJudged(record) if self._each and self._count:
                self._at_work.remove(record.name)
                self._early[record.name] = notice
                while self._to_come and (judged := self._early.pop(self._to_come[0], None)):
                    self._in_order(judged)
                self._show_progress()
            case notices.ScenarioJudged() if self._each:
                self._judged(notice)
            case notices.ScenariosEnded() if self._each:
                for name in [name for name in self._to_come if name in self._early]:
                    self._in_order(self._early.pop(name))
            case notices.Stopping(reason):
                terminal.say(f"Stopping here: {self._secrets.masked(reason)}")
            case notices.RunTrouble(kind, message):
                terminal.trouble(kind, message)
            case notices.VerdictReached(content, folder, True, standing):
                show_verdict(terminal, content, shown(folder))
                terminal.say(*standing)
            case notices.VerdictReached(content, standing=standing):
                terminal.say(f"Nothing was run. Decision: {terminal.coloured(content['decision'])}", *standing)

    def _show_progress(self) -> None:
        done = self._count - len(self._to_come) + len(self._early)
        at_work = f"  {done} of {self._count} done; at work: {', '.join(self._at_work)}"
        self._terminal.progress(at_work if done < self._count else "")

    def _in_order(self, judged: notices.ScenarioJudged) -> None:
        self._to_come.remove(judged.record.name)
        self._terminal.scenario_starts(judged.record.name)
        self._judged(judged)

    def _judged(self, judged: notices.ScenarioJudged) -> None:
        record, masked = judged.record, self._secrets.masked
        self._terminal.scenario_ends(record.result, record.duration_s)
        for attempt in record.attempts:
            self._terminal.say(f"      made again, because its situation could not be made: {masked(attempt.reason)}")
        if record.unmet:
            self._terminal.say(f"      {masked(record.unmet)}")
        if record.failure is not None:
            notes = [("Blame", f"{record.blames}"), ("Evidence", shown(judged.path))]
            notes += [("Log", shown(log)) for log in record.logs]
            notes.append(("Again", masked(again(self._settings, record.location))))
            under = [*beside(record.history), ""] if record.cause else []  # the cause itself stands at the end, once
            self._terminal.failure(masked("\n".join([*under, record.failure])), notes)
