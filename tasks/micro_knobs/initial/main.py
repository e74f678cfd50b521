"""A mill as it came: six settings, none of them right."""

SPEED = 30.0
FEED = 1.6
DEPTH = 0.5
COOLANT = 2.5
WEAR = 0.4
REST = 50.0
