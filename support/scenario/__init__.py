"""A scenario in progress: its case, and what phrases do, in modules named by what happens; without behave."""
