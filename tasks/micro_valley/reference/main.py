"""A recipe that is right."""

HEAT = 180.0
TIME = 25.0
ACID = 0.8
WATER = 6.0
SALT = 2.0
SUGAR = 5.0
