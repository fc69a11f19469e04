"""Short ways to put facts into the database."""
