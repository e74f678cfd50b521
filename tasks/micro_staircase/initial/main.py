"""A process of which the first step works."""

BOIL = 95.0
COOL = 25.0
STIR = 22.0
REST = 7.0
SIEVE = 0.1
PRESS = 3.2
CUT = 3.4
PACK = 50.0
