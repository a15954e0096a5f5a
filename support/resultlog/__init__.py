"""The result log: the form that QA and the tech lead sign, filled from a run's record and its evidence.

Everything in it is a pure function of ``run.json`` and ``evidence/*.json``: nothing here asks a server or a clock.
"""
