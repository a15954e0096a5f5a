"""How the parts under test are run: as processes, in containers, or as somebody else's; nobody outside knows which."""
