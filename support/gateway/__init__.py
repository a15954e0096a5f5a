"""The gateway: a small HTTP proxy between one worker and the SaaS API.

It writes down every call, can hold a chosen call until told, and can make one fail in the ways networks and servers fail.
It knows of no scenario and no database.
"""
