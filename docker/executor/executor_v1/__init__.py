"""Executor v1: carries out approved ADD INDEX changes online, and undoes the ones that make things worse."""

__version__ = "1.0.0"
