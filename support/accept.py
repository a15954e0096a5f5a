"""``make accept``: run behave, then answer with the decision's exit status, so that a pipeline can gate on it."""

import json
import sys
from datetime import datetime

from behave.__main__ import main as behave

from support.settings import Settings
from support.signoff import EXIT_STATUS

NO_VERDICT = 2


def main(arguments: list[str]) -> int:
    """Run behave with ``arguments``.

    :return: 0 APPROVED (and behave agrees), 3 CONDITIONAL, 4 BLOCKED, 1 approved though some scenario failed,
        2 no verdict was reached.
    """
    began = datetime.now().timestamp()
    failed = behave(arguments)
    verdict = Settings.read({}).reports_folder / "verdict.json"
    if not verdict.exists() or verdict.stat().st_mtime < began:
        return NO_VERDICT
    return EXIT_STATUS[json.loads(verdict.read_text(encoding="utf-8"))["decision"]] or failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
