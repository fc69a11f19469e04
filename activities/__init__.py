"""Operations: one verb, one command, one transaction, one view. Each noun is a file.

Below them: `rules` (pure decisions), `render` (pure pictures), `gateways` (the outside world).
"""
