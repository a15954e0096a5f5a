"""The reports of a run, a module each: each hears the stream of notices, and none knows of another."""
