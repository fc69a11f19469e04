"""The Inkode workspace language: `/api/qr` with a session cookie (seed 000)."""
