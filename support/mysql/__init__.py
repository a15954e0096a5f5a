"""What the suite knows of and does on a MySQL server.

How a server is fetched and started is in ``servers``; what its state means is in ``judgement``.
"""
