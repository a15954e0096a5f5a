"""behave with one observation removed: ``python -m tests.proof.blinded FIELD|RULE [behave's arguments]``.

The Field then always has the value that is expected of it; a rule is not judged. This shows what the proof is worth: a
suite that no longer looks there has to be found out.
"""

import sys

from behave.__main__ import main as behave

from support.judgement.fields import look_up
from support.judgement.rules import RULES
from support.record.evidence import Observation
from support.result_words import PASS
from support.scenario import result_table


def remove(field: str) -> None:
    """From now on the Field is judged without a look, or the rule not at all."""
    if RULES.pop(field, None):
        return
    look_up(field)
    compare = result_table.compare

    def without(name: str, expected: str, history: object) -> Observation:
        return Observation(name, expected, expected, PASS) if name == field else compare(name, expected, history)

    result_table.compare = without


if __name__ == "__main__":
    remove(sys.argv[1])
    sys.exit(behave(sys.argv[2:]))
