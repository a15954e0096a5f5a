"""The proof that every test case can fail: executors with one defect each, and the runs that have to notice."""
