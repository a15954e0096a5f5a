"""The command that does the same again: with every setting of the run, and a secret by the name of its variable."""

import shlex
from collections.abc import Iterable

from support.settings import MASK, variable_of

RUN = "acceptance run"


def again(settings: Iterable[tuple[str, str]], *words: str) -> str:
    """The command line that runs what ``words`` select as a run with these ``settings`` did, to be pasted into a shell.

    :param settings: as ``Settings.shown`` has them. A shell without the variable of a secret refuses the command.
    """
    variables, defines = [], []
    for name, value in settings:
        if value == f"${variable_of(name)}":
            variables.append(f'{variable_of(name)}="${{{variable_of(name)}:?}}"')
        elif value != MASK:  # that one is in the settings file
            defines.append(f"-D {name}={shlex.quote(value)}")
    return " ".join([*variables, RUN, *defines, *map(shlex.quote, words)])
