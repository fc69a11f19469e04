"""The Inkode Canva Library language: `/api/canva` (seed 000)."""
