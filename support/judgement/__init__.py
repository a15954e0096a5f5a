"""What is seen and what it means: the world after a scenario, the Fields of the result log, the verdict.

It has no hands: nothing here asks a server, sends a call or starts a process, and nothing knows behave.
"""
