"""The rules of the contract that always hold: each a function of a history, judged in every scenario.

Not here: what only one scenario asks (its Fields), and any look at anything but the history.
"""

from support.judgement.rules import (
    api,
    claims,
    ends,
    leases,
    leftovers,
    measuring,
    online,
    order,
    outcome,
    records,
    switch,
)
from support.judgement.rules.registry import RULES, Rule, contract_rules, judge_all

__all__ = ["RULES", "Rule", "contract_rules", "judge_all"]

_MODULES = (
    api,
    claims,
    ends,
    leases,
    leftovers,
    measuring,
    online,
    order,
    outcome,
    records,
    switch,
)  # each registers its rules when imported
