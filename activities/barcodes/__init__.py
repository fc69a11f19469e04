"""Barcodes: made, read, changed, drawn, thrown away."""
