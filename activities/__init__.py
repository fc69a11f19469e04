"""Operations: one verb, one command, one transaction, one view. Each noun is a file.

Below them: `rules` (pure decisions), `render` (pure pictures), `gateways` (the outside world).
`qr_codes`, `links`, `barcodes` and `link_pages` are what tenants make; `shelf` is what the four
share (places, folders, tags, slugs, lists, history), `visits` what people find behind an address,
`inventory` the stock, `imports`, `exports` and `bulk` what is done to many at once.
Who asks is known in `keys`, `sessions`, `token_pairs` and `oauth`; what they may is held by
`permits`, how often by `meters`, that a retry is safe by `idempotency`, what they did by `audit`.
"""
