"""Short links: made, read, changed, thrown away."""
