"""What the records of a run say: who descends from whom, what each edit was worth, and how sure that is."""
