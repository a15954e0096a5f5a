"""What is seen and what it means: the world after a scenario, the Fields, the verdict. It asks no server, and starts nothing."""
