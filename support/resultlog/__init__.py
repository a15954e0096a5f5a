"""The result log: the form that QA and the tech lead sign, filled from a run's record and its evidence.

The log is a pure function of ``run.json`` and ``evidence/*.json``: no server and no clock is asked for it.
"""
