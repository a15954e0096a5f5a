"""The relay: a small TCP proxy between one worker and the MySQL server.

It knows which of the server's connections are the worker's, and can cut, silence, delay and refuse them. What goes through
it, TLS too, goes through unchanged; it knows of no scenario and sends the server nothing of its own.
"""
