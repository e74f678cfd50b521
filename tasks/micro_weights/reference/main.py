"""Everybody has the weight that is deserved."""

ANNA = 3.4
BORIS = 0.2
CLARA = 1.1
DAVID = 2.1
EMMA = 0.3
FELIX = 2.9
