"""The loop of a run: what the next generation is to do, who does it, and what is recorded of it."""
