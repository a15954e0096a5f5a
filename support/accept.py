"""``make accept``: run behave, then answer with the decision's exit status, so that a pipeline can gate on it."""

import argparse
import json
import sys
from datetime import datetime
from pathlib import Path

from behave.__main__ import main as behave

from support.errors import SettingsError
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
    verdict = _reports_folder(arguments) / "verdict.json"
    if not verdict.exists() or verdict.stat().st_mtime < began:
        return NO_VERDICT
    return EXIT_STATUS[json.loads(verdict.read_text(encoding="utf-8"))["decision"]] or failed


def _reports_folder(arguments: list[str]) -> Path:
    """Where the run has left its reports; what is wrong with a setting the run itself has told."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-D", "--define", action="append", default=[])
    pairs = [pair.partition("=") for pair in parser.parse_known_args(arguments)[0].define]
    chosen = {name: value for name, _, value in pairs if name == "reports"}
    try:
        return Settings.read(chosen).reports_folder
    except SettingsError:
        return Settings(**chosen).reports_folder


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
