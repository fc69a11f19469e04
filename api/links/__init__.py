"""The iNNkie language: `/api/v1/links`, `/workspaces`, `/analytics` with x-api-key (seed 002)."""
