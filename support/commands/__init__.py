"""The sub-commands of ``acceptance``: their words, and which exit status they end with. A module is one, or two of a kind.

Nothing else imports them. What is of ``tests`` they start as a process.
"""
