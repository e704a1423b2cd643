"""`amends migrate`."""

import click

from amends.cli.runtime import embedded_server, settings_from_environment
from amends.db.migrate import Migrated, migrate_for


@click.command()
def migrate() -> None:
    """Bring the database to the schema of this version.

    Connects as the owner (AMENDS_MIGRATE_URL), and makes the role named in AMENDS_DATABASE_URL with exactly the rights
    that the application needs. May be run twice, and by several processes at once.
    """
    settings = settings_from_environment()
    if settings.database_url is None:
        with embedded_server(settings.data_dir) as server:
            done = migrate_for(server.database_url, server.migrate_url)
    else:
        done = migrate_for(settings.database_url, settings.migrate_url)
    click.echo(_told(done))


def _told(done: Migrated) -> str:
    if done.before == done.after:
        return f"The database is at revision {done.after}: nothing was to do."
    return f"The database went from {done.before or 'empty'} to revision {done.after}."
