"""What a QR code holds: for each type of content its fields, their rules and the exact text."""
