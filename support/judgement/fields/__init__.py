"""The registry of observations: every Field that a ``Then`` table may name, and how its actual value is seen."""

from support.judgement.fields import claiming, index, kill_switch, outcome
from support.judgement.fields.registry import REGISTRY, Seen, check_expected, compare, known_fields, look_up

__all__ = ["REGISTRY", "Seen", "check_expected", "compare", "known_fields", "look_up"]

_MODULES = (claiming, index, kill_switch, outcome)  # each registers its Fields when imported
