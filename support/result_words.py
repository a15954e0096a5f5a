"""The words for how something came out, one for each thing, in code, evidence and reports."""

PASS, FAIL, UNKNOWN, NOT_RUN, NOT_APPLICABLE = "PASS", "FAIL", "UNKNOWN", "NOT RUN", "N/A"
"""Of a scenario, a test case, or a row of its table; UNKNOWN only of a row: it could not be observed."""

UNJUDGED = (NOT_RUN, NOT_APPLICABLE)
"""Results that say nothing of the executor; what cannot hold on a server is N/A there."""

APPROVED, CONDITIONAL, BLOCKED = "APPROVED", "CONDITIONAL", "BLOCKED"
"""The decisions."""

WHOLE, PARTIAL, REFUSED = "whole", "partial", "refused"
"""What a run covers: every scenario there is, to its end; some of them, by choice or because it was stopped; none."""
