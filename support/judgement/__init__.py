"""What is seen and what it means: the world after a scenario, the Fields of the result log, the verdict.

Nothing here changes anything, and nothing knows behave.
"""
