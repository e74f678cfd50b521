"""Papers: what a run or a study found, in Markdown and HTML, with every number drawn from its files."""
