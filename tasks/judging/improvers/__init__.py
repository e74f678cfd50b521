"""Weak improvers: programs that improve micro problems, and are to be improved themselves.

`problem` and `driver` run beside the candidate. What judges it, and the problems' landscapes, are the judge's alone
(`godel.tasks.landscapes`): the candidate sends a text and is told a score.
"""
