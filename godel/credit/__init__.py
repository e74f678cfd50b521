"""Credit by experiment: frozen scaffolds are put to work on tasks with a fixed number of calls, and what that gave is
recorded in the run's file. What the records tell without an experiment is in `godel.lineage.analysis`."""
