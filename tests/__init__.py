"""The proofs; folders mirror the floors."""
