"""The HTTP floor: one folder per public dialect, each only a translation of operations.

`app.py` sends a request to its dialect by longest path prefix; `dialect.py` is the mould every
dialect is made in and `routers.py` what its routes go through first; `edge.py` is around it all;
`pages` are for people, `redirect.py` answers scans; `health.py` and `metrics` are for operators.
"""
