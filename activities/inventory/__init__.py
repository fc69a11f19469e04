"""Stock: items, movements and what a scan of their barcode tells."""
