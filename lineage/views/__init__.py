"""A lineage to be looked at: text for a terminal, a page for a browser, files for other programs."""
