"""The sub-commands of ``acceptance``, in modules of one or of two that belong together: their words, and which exit status they end with.

Nothing else imports them. What is of ``tests`` they start as a process.
"""
