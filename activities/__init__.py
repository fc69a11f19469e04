"""Operations: one verb, one command, one transaction, one view. Each noun is a file.

Below them: `rules` (pure decisions), `render` (pure pictures), `gateways` (the outside world).
Who asks is known in `keys`, `sessions`, `token_pairs` and `oauth`; what they may is held by
`permits`, how often by `meters`, that a retry is safe by `idempotency`, what they did by `audit`.
"""
