"""Pictures, read back by an independent decoder."""
