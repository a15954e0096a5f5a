"""What a run leaves, as it is written and read back: the evidence of each scenario and the record of the run.

Secrets are masked as it is written. Nothing here looks at a server or judges.
"""
