"""What the suite will rely on, looked at before a run: everything that is missing, told in one go."""
