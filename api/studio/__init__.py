"""The QR Code Agency language: `/api/v1/dynamic`, `generate`, `webhooks` (seed 003)."""
