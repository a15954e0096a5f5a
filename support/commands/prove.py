"""``acceptance prove``: starts the proof, which is one of the tests."""

from typing import NoReturn

import click

from support.commands.command_line import FOR_ANOTHER, become


@click.command(context_settings=FOR_ANOTHER, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def prove(arguments: tuple[str, ...]) -> NoReturn:
    """Prove that every test case can fail."""
    become("tests.proof.prove", arguments)
