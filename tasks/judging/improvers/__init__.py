"""Weak improvers: programs that improve micro problems, and are to be improved themselves.

`problem` and `driver` run beside the candidate, `judge` in the judge's sandbox. The problems' landscapes are the
judge's alone: the candidate sends a text and is told a score.
"""
