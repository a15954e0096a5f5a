"""What the suite knows of and does on a MySQL server: connections, schemas and accounts,
tables, statements on record, gates of locks, its clock.

How a server is fetched and started is in ``servers``; what its state means is in ``judgement``.
"""
