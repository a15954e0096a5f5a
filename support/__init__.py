"""What the phrases drive: settings, the stack under test, workers, the gateway, MySQL state, evidence and verdict."""
