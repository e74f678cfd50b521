"""A laboratory for recursive self-improvement that can be trusted."""

__version__ = "0.1.0"
