"""A scenario in progress: the run under test and its workers, and what each phrase does, in modules named by what happens.

Nothing here knows behave: a scenario can be carried out by other means.
"""
