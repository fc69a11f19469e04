"""The few pages that people see: sign-in, consent; and the files they load, all from this host.

`static/altcha.*` is the widget ALTCHA 3.2.2 as it is published (MIT): `dist/external` and
`dist/workers/pbkdf2.js`, the builds that need neither inline style nor `blob:` workers.
"""
