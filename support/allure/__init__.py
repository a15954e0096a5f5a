"""Allure results that are never greener than the run, and the HTML report made of them.

They are made of the outcomes of scenarios and the evidence; nothing here knows behave. Why not by allure-behave's
formatter: docs/decisions/05-allure-writer.md.
"""
