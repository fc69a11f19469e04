"""QR codes: made, read, changed, thrown away."""
