"""What is seen and what it means: the world after a scenario, the Fields, the verdict. Nothing here has hands."""
