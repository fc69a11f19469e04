"""The OAuth 2 authorization server: clients, consent, codes for tokens, grants, tokens."""
