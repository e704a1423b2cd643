"""The database: connections, the embedded server, migrations, jobs, and the rules that the schema keeps.

Knows no word of the domain. Statements live in the `commands` and `queries` of their domains, not here.
"""
