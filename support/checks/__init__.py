"""What is looked at before and after the scenarios: the parts, the form's two checklists, the needs of scenarios.

Each is looked at for real, and each check can fail. Nothing here knows of a scenario in progress.
"""
