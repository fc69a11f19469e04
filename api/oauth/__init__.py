"""The OAuth 2 authorization server: `/oauth` (RFC 6749, 7009, 7636, 7662, 8414)."""
