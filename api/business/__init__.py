"""The QRScan business language: resources under `/api` with bearer tokens (seed 001)."""
