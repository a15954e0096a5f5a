"""``acceptance mutate``: starts the mutation of the executor's decision code, which is one of the tests."""

from typing import NoReturn

import click

from support.commands.command_line import FOR_ANOTHER, become


@click.command(context_settings=FOR_ANOTHER, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def mutate(arguments: tuple[str, ...]) -> NoReturn:
    """Change the executor's decision code: what is noticed?"""
    become("tests.mutation.mutate", arguments)
