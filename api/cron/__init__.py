"""The cron language: `/api/cron`, for who starts regular jobs from outside (seed 000)."""
