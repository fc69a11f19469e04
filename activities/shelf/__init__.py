"""What all assets share: where they are kept, how they are found, slugs, tags, history."""
