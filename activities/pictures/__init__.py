"""Pictures of codes, barcodes and plain data: made, kept for a while, paid for, in bulk."""
