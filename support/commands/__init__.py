"""The sub-commands of ``acceptance``, a module each: their words, and which exit status they end with.

Nothing else imports them. What is of ``tests`` they start as a process.
"""
