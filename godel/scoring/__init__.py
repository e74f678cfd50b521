"""What one order needs to be done: an improve in its sandbox, a bench, and what 0 and 1 mean on an instance."""
