"""Barcodes: made, read, changed, thrown away."""
