"""A mill, set for the average day."""

SPEED = 120.0
FEED = 0.35
DEPTH = 2.4
COOLANT = 8.0
WEAR = 0.06
REST = 15.0
