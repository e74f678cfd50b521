"""A process of which every step works."""

BOIL = 100.0
COOL = 12.0
STIR = 40.0
REST = 3.0
SIEVE = 0.2
PRESS = 7.0
CUT = 1.5
PACK = 24.0
