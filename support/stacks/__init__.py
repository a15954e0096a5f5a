"""The stacks: how the parts under test are run. Features don't know which one it is."""
