"""What the suite knows of and does on a MySQL server; how one is started is in ``servers``."""
