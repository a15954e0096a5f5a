"""What a run leaves, as it is written and read back: the evidence of each scenario and the record of the run.

Nothing here looks at a server or judges, and nothing knows behave.
"""
