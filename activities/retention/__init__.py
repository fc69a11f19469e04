"""What is over and told of no more is forgotten, kind after kind, every night."""
