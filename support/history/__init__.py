"""The history of a scenario: all that happened, from all sources, as values: what is judged, kept, and read back.

Not here: a look at anything, and what any of it means.
"""
