"""A whole run in its phases, apart from the session it uses: one test environment, begun, used for scenarios, and ended.

What a run makes known is one stream of notices. Behave's runner and hooks meet here; only ``commands`` knows behave, too.
"""
