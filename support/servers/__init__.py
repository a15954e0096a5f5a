"""A real MySQL or MariaDB server for a run: which program, from where, and a private server started from it."""
