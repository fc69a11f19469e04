"""The few pages that people see: sign-in, invitation, consent; and the files that they load.

All of it comes from this host. A script that another one imports has no version in its address.

`static/altcha.*` is the widget ALTCHA 3.2.2 as it is published (MIT): `dist/external` and
`dist/workers/pbkdf2.js`, the builds that need neither inline style nor `blob:` workers.
"""
