"""What the SaaS API answered to the suite's own calls, counted: how many were answered as the contract says, of how many."""

from functools import partial

from support.history.history import History
from support.judgement.fields.registry import Seen, observation, observations
from support.judgement.rules import RULES
from support.judgement.rules.registry import KEPT


def _kept(rule: str, history: History) -> Seen:
    """On how many occasions a rule of the contract was kept."""
    found = list(RULES[rule].judge(history))
    wrong = [one.because for one in found if one.state != KEPT]
    return Seen(f"{len(found) - len(wrong)} of {len(found)}", "; ".join(wrong) or RULES[rule].english)


observations(
    {
        # Heartbeats, reports and records of callers without the last claim, its token or its lease
        "Writes without the claim refused": partial(_kept, "R-51"),
        # Calls without the secret in the header X-API-SECRET
        "Calls without the secret refused": partial(_kept, "R-83"),
        # Ids of the contract's form that were taken, and others that were not
        "Ids taken as they are": partial(_kept, "R-56"),
        # Settings of kill switches, and looks at them
        "Kill switches shown as set": partial(_kept, "R-57"),
        # Calls to an API that could not reach its database
        "Calls without the database failed": partial(_kept, "R-58"),
    },
    "# of #",
)


@observation("Claims granted", "# of #")
def claims_granted(history: History) -> Seen:
    """How many of the claims of the run were granted."""
    claims = [call for call in history.calls if call.kind == "claim"]
    granted = [call.worker for call in claims if call.is_granted_claim]
    return Seen(f"{len(granted)} of {len(claims)}", f"granted to {', '.join(granted) or 'nobody'}")
