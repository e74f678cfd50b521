"""Studies: the same question put to many runs. A design names conditions and run seeds; each pair is an arm, a run of
its own, and what a condition is worth is said over run seeds."""
