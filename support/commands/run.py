"""``make accept``: run behave, then answer with the decision's exit status, so that a pipeline can gate on it."""

import sys

from behave.__main__ import main as behave

from support.commands.signoff import EXIT_STATUS
from support.run.runner import AcceptanceRunner

NO_VERDICT = 2


def main(arguments: list[str]) -> int:
    """Run behave with ``arguments``.

    :return: 0 APPROVED (and behave agrees), 3 CONDITIONAL, 4 BLOCKED, 1 approved though some scenario failed,
        2 no verdict was reached.
    """
    failed = behave(arguments)
    if AcceptanceRunner.decision is None:
        return NO_VERDICT
    return EXIT_STATUS[AcceptanceRunner.decision] or failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
