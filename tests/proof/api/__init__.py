"""Defects of the SaaS API."""
