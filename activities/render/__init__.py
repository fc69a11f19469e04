"""Pictures of symbols: pure functions from a specification to bytes."""
