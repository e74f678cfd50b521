"""A recipe whose parts just about make up for each other."""

HEAT = 70.0
TIME = 60.0
ACID = 2.0
WATER = 2.6
SALT = 0.9
SUGAR = 11.5
