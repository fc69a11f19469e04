"""The floor of facts: settings, tables, migrations and the one door to the database."""
