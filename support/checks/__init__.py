"""What is looked at before and after the scenarios: the parts, the form's two checklists, the needs of scenarios."""
