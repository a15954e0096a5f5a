"""Allure results that are never greener than behave, and the HTML report made of them.

The results come from behave's model and the evidence records, not from allure-behave's formatter: a formatter sees
steps only, so that it shows a failed hook or clean-up as passed, leaves out what lies under ``Rule:`` and takes equal
names for retries. Of allure-behave and its commons we take the model, the file writer, the tags and the details of a
step.
"""
