"""The command ``acceptance``; as a module, ``python -m support.commands``."""

from typing import NoReturn

import click

from support.commands import again, bench, compare, judge, matrix, preflight, proof, run, shards, signoff
from support.commands.command_line import end

GROUPS = {
    "To a decision": (preflight.preflight, run.run, again.again, compare.compare, signoff.report, signoff.signoff),
    "More servers, more machines": (matrix.matrix, shards.shard, shards.merge),
    "How far to trust it": (proof.prove, proof.mutate, judge.judge, bench.bench),
}


class Door(click.Group):
    """All sub-commands, listed by what they are for."""

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list into the page of ``--help``."""
        for title, commands in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(str(command.name), command.get_short_help_str(100)) for command in commands])


@click.group(
    cls=Door,
    commands=[command for commands in GROUPS.values() for command in commands],
    context_settings={"max_content_width": 110},
)
def acceptance() -> None:
    """May this Executor v1 go on a canary run in production? Test cases against real servers, with evidence for
    every value, and one decision: APPROVED, CONDITIONAL or BLOCKED.

    \b
    The usual order, from the project's folder:
      acceptance run                 about half a minute; the exit status is the decision
      reports/index.html             the last whole run, and what ran in part since
      reports/result-log.html        look at the log: every Expected with its Actual, blockers, what to sign
      acceptance signoff --verify    before it is signed: was any evidence changed since?

    \b
    Your own executor takes the bundled one's place by settings, with every command that takes -D:
      acceptance run -D agent_command='/opt/executor/agent {execution_id}' -D api_command='/opt/executor/api'
      acceptance preflight           for one that is running already (docs/your-executor.md)

    \b
    Exit status of every command: 2 bad input, or nothing could be done; 130 interrupted. A run that is interrupted, or
    whose tags or files match nothing, leaves a verdict: 4. Output that nobody reads any more (| head) changes nothing.
    The others, and examples: acceptance COMMAND --help.
    """


def main() -> NoReturn:
    """The entry point."""
    end(acceptance, "acceptance")


if __name__ == "__main__":
    main()
