"""The rules of the contract that always hold: each a function of a history, judged in every scenario.

Not here: what only one scenario asks (its Fields), and any look at anything but the history.
"""

from support.judgement.rules import claims, leases, measuring, online, order, outcome, records, switch  # noqa: F401
from support.judgement.rules.registry import (
    BROKEN,
    KEPT,
    NOT_TRIED,
    RECORD,
    RULES,
    SAFETY,
    Judged,
    Rule,
    judge_all,
)

__all__ = ["BROKEN", "KEPT", "NOT_TRIED", "RECORD", "RULES", "SAFETY", "Judged", "Rule", "judge_all"]
