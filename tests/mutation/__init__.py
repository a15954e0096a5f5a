"""A sampled mutation run over the decision code of the bundled executor, with the ten test cases as its tests."""
