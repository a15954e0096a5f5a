"""A real MySQL or MariaDB server for a run: which program, from where, the data directory that is
made once and copied for each run, and a private server started from it; free ports for everybody.

What is asked of a running server is in ``mysql``.
"""
