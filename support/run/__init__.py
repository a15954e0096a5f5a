"""A whole run: which scenarios, in which test environment, with what record, and how it ends.

Behave's runner and hooks meet here.
"""
