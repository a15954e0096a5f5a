"""What is looked at for real before and after the scenarios: the parts, the form's two checklists, the needs of scenarios."""
