"""``acceptance prove`` and ``acceptance mutate``, which start a program of ``tests``: how far to trust the verdict."""

import os
import sys
from typing import NoReturn

import click

from support.commands.command_line import FOR_ANOTHER
from support.errors import AcceptanceError
from support.settings import PROJECT


def _command(name: str, module: str, meaning: str) -> click.Command:
    """A command that goes on as a program: its words, its signals and its exit status are this command's."""

    @click.command(name, help=meaning, context_settings=FOR_ANOTHER, add_help_option=False)
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def start(arguments: tuple[str, ...]) -> NoReturn:
        if not (PROJECT / f"{module.replace('.', '/')}.py").exists():
            raise AcceptanceError(
                f"{module} is not in this installation: it is one of the tests, and those are in the checkout"
            )
        os.chdir(PROJECT)
        os.execv(sys.executable, [sys.executable, "-m", module, *arguments])

    return start


prove = _command("prove", "tests.proof.prove", "Prove that every test case can fail.")
mutate = _command("mutate", "tests.mutation.mutate", "Change the executor's decision code: what is noticed?")
