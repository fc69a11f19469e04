"""GS1 rules, judged against biip where that knows better."""
