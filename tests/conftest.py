"""The rules for all tests: what may be skipped, what the quick ones may use, how workers share the machine."""

pytest_plugins = ("required", "quick", "machine", "state")
