"""What all sub-commands have in common: how they end, how they start a process, and how settings are given to them."""

import io
import os
import subprocess
import sys
import traceback
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any, NoReturn

import click
from behave.configuration import OPTIONS

from support.errors import AcceptanceError
from support.run.signals import signals_as_interrupts
from support.settings import PROJECT
from support.terminal import Terminal

NOTHING_DONE, INTERRUPTED = 2, 130
"""Bad input, or something that a command needs is not there; ended by a person or a signal."""

FOR_ANOTHER = {"ignore_unknown_options": True}
"""The context settings of a command whose arguments are another program's."""


class _Output(io.FileIO):
    """An output that may go away. Where its reader does (``| head``), nothing else changes; a full disk is told once."""

    _gone = False

    def write(self, content: Any) -> int:
        """Write, or lose what nobody can have."""
        try:
            return super().write(content)
        except OSError as error:
            if not (self._gone or isinstance(error, BrokenPipeError)):
                self._gone = True
                raise
            return memoryview(content).nbytes


def end(command: click.Command, name: str) -> NoReturn:
    """Do what the command line says, and end the process with the status of that, whether somebody reads it or not."""
    for stream in ("stdout", "stderr"):
        if (old := getattr(sys, stream)) is None:  # it is closed
            setattr(sys, stream, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - as long as the process
            continue
        output = io.BufferedWriter(_Output(old.fileno(), "w", closefd=False))
        same = {word: getattr(old, word) for word in ("encoding", "errors", "line_buffering", "write_through")}
        setattr(sys, stream, io.TextIOWrapper(output, **same))
    sys.exit(status_of(command, sys.argv[1:], name))


def status_of(command: click.Command, arguments: Sequence[str], name: str) -> int:
    """Run a command and return its exit status. Trouble is one line, never a traceback.

    Every status is chosen here: click's own for Ctrl-C is 1, which would mean APPROVED, a P2 failed.
    """
    try:
        with command.make_context(name, list(arguments)) as context:
            return int(command.invoke(context))
    except click.exceptions.Exit as end:  # --help
        return end.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else name
        print(f"{path}: {error.format_message()} {path} --help says more.", file=sys.stderr)
    except AcceptanceError as error:
        Terminal().trouble(error.blames, str(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        print(f"the disk: {error.filename or 'the output'}: {error.strerror or error}", file=sys.stderr)
    except Exception:  # noqa: BLE001 - Python's own status for it is 1, too
        traceback.print_exc()
    return NOTHING_DONE


def process(command: Sequence[str], output: IO[bytes] | None = None) -> int:
    """Run a module of Python with its arguments in the project's folder; its exit status.

    What it says goes to ``output``, or else to the terminal. Ctrl-C and other ends of this process end that one first,
    once and in order.
    """
    words, errors = [sys.executable, "-m", *command], subprocess.STDOUT if output else None
    with signals_as_interrupts():  # in a session of its own, because Ctrl-C is for this process
        program = subprocess.Popen(words, cwd=PROJECT, stdout=output, stderr=errors, start_new_session=True)
        try:
            return program.wait()
        except BaseException:
            program.terminate()
            program.wait()
            raise


def _pairs(_context: click.Context, _option: click.Parameter, words: tuple[str, ...]) -> dict[str, str]:
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def _known(context: click.Context, _argument: click.Parameter, words: tuple[str, ...]) -> tuple[str, ...]:
    options = {option for names, _ in OPTIONS for option in names or ()}
    for word in (word.partition("=")[0] for word in words if word.startswith("--")):
        if not any(option.startswith(word) for option in options):  # behave takes them cut short, too
            raise click.NoSuchOption(word, possibilities=options, ctx=context)
    return words


behave_arguments = partial(click.argument, "arguments", nargs=-1, type=click.UNPROCESSED, callback=_known)
"""Everything that behave takes, as the parameter ``arguments``; an option that behave has not is refused."""

settings_option = partial(click.option, "-D", "--define", "given", multiple=True, metavar="NAME=VALUE", callback=_pairs)
"""The option ``-D NAME=VALUE``, as behave takes it, as the parameter ``given``: values by name."""
