"""What is looked at before and after the scenarios: the parts (preflight), the form's two checklists, the
needs of scenarios.

Each is looked at for real; none trusts what another part says of itself. No scenario is judged here.
"""
