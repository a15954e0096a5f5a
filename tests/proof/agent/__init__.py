"""Defects of the agent. The functions here are named like the executor's own modules that they patch."""
