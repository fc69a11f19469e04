"""The QRTracking language: `/v1` with a qrt_ key (seed 004)."""
