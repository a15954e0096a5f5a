"""A scenario in progress: its case, and what phrases do, in modules named by what happens.

Nothing here knows behave, or which stack it is: a scenario can be carried out by other means.
"""
