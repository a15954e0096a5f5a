"""The SaaS API: decides who may work on a run and what its state is. All state is in MySQL."""
