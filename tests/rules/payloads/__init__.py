"""What the symbols say, field by field and read back."""
