"""``acceptance preflight``: is everything there that a run on the stack external relies on?"""

import secrets
import sys
import tempfile
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from pathlib import Path

import click

from support.checks.executor import look_at_agent, look_at_api, look_at_test_cases
from support.checks.findings import TROUBLES, Findings
from support.checks.server import look_at_gates, look_at_server
from support.commands.command_line import settings_option
from support.errors import AcceptanceError
from support.mysql.database import Account, Database, server_account
from support.mysql.schemas import remove_rows
from support.record.evidence import Secrets
from support.run.selection import tags_by_case
from support.settings import EXTERNAL, Settings
from support.stacks.kinds import make_stack
from support.stacks.stack import Stack
from support.stacks.warden import FOLDER_PREFIX, Warden
from support.terminal import Terminal


@click.command()
@settings_option(help="A setting; docs/settings.md lists them.")
def preflight(given: dict[str, str]) -> int:
    """Is everything there to judge an executor that runs already?

    Looks at all that a run on the stack external relies on, and lists everything that is missing in one go. Leaves
    nothing behind. docs/your-executor.md says what each thing is for, and how to have it.

    \b
    Examples:
      acceptance preflight
      acceptance preflight -D mysql_host=127.0.0.1 -D api_url=http://127.0.0.1:3000

    \b
    Exit status:
      0  everything is there
      1  something is missing
      2  the settings make no sense
    """
    terminal, settings = Terminal(), Settings.read({"stack": EXTERNAL, **given})
    terminal.say(*(f"setting {name} = {value}" for name, value in settings.shown()))
    findings = Findings(terminal, Secrets(settings.secrets()))
    look_at_server(findings, settings)
    suite = replace(server_account(settings), database=settings.mysql_database)
    try:
        look_at_api(findings, settings, suite, server=findings.complete)
        if findings.complete:
            _look_at_the_rest(findings, settings)
        else:
            for group in ("Rights and gates", "Agent", "Test cases"):
                findings.group(group)
                findings.look("all of it", str, after=False)
    finally:
        _remove_rows(suite, settings.mysql_database)
    if findings.complete:
        terminal.say("", "Nothing is missing: behave will run all test cases with these settings.")
        return 0
    terminal.say("", f"Missing: {findings.missing}. docs/your-executor.md says what each is for, and how to have it.")
    return 1


def _look_at_the_rest(findings: Findings, settings: Settings) -> None:
    """On the stack as a run would have it, with accounts of its own; it is taken away again, whatever happens."""
    run_id = f"preflight-{secrets.token_hex(3)}"
    with closing(Warden(run_id)) as warden, ExitStack() as at_the_end:
        folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
        warden.remove_folder(folder)
        stacks: list[Stack] = []

        def make() -> str:
            stack = make_stack(settings, run_id, folder, folder, settings.api_secret, warden)
            at_the_end.callback(stack.stop)
            stacks.append(stack)
            for secret in stack.secrets():
                findings.secrets.add(secret)
            return f"agent {stack.accounts.agent.user!r}, application {stack.accounts.app.user!r}"

        findings.group("Stack")
        findings.look("accounts", make)
        for stack in stacks:
            look_at_gates(findings, stack.accounts)
            look_at_agent(findings, stack, settings, folder / "agent.log")
            look_at_test_cases(findings, stack, tags_by_case())


def _remove_rows(suite: Account, schema: str) -> None:
    """Take the runs of the preflight away again. Where nobody gets in, nothing was left, and that was said above."""
    with suppress(AcceptanceError), Database(suite, observed=True) as database:
        try:
            remove_rows(database, schema)
        except TROUBLES as error:
            print(f"runs test-tc00-… may be left in {suite!r}: {error}", file=sys.stderr)
