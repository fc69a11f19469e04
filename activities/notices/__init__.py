"""What people are told of: notifications, how each person wants them, digests and their ends."""
