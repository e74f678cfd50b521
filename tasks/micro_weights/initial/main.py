"""Everybody has the weight of somebody else."""

ANNA = 1.1
BORIS = 2.1
CLARA = 0.3
DAVID = 0.5
EMMA = 3.4
FELIX = 0.2
