"""What is seen and what it means: the history after a scenario, the Fields, the verdict. It asks no server, and starts nothing."""
