"""What the suite knows of and does on a MySQL server: connections, schemas, statements on record, tables, and gates of locks.

How a server is fetched and started is in ``servers``; what its state means is in ``judgement``.
"""
