"""A whole run in its phases, apart from the session it uses: one test environment, begun, used, and ended."""
