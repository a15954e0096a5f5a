"""What the phrases and the command ``acceptance`` drive. Its rooms, and what is not in each: docs/architecture.md."""
