"""Known failures in words: which errors a person can do something about, and what.

An error that is not here is a defect, and keeps its traceback.
"""

import asyncpg
import psycopg

from amends.db.embedded import EmbeddedServerError
from amends.db.schema_state import SchemaProblem
from amends.kit.errors import ApiError
from amends.settings import InvalidSetting

UNREACHABLE = (
    "The database cannot be reached: {error}\n"
    "Check AMENDS_DATABASE_URL (and AMENDS_MIGRATE_URL) and that PostgreSQL runs; without them, Amends starts a server"
    " of its own under AMENDS_DATA_DIR."
)
REFUSED = (
    "The database refuses the connection: {error}\n"
    "Check the role, password and database name in AMENDS_DATABASE_URL and AMENDS_MIGRATE_URL. `amends migrate` makes"
    " the application's role."
)
UNMIGRATED = "The database lacks what this version needs: {error}\nRun `amends migrate`."
FORBIDDEN = "The database role may not do this: {error}\nRun `amends migrate` to grant what is missing."
FULL = "The database cannot take more: {error}\nFree space, or raise max_connections, and try again."

_CONNECTING = (ConnectionError, TimeoutError, psycopg.OperationalError, asyncpg.CannotConnectNowError)
_REFUSING = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidPasswordError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.exceptions.ClientConfigurationError,
)
_UNMIGRATED = (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.InvalidSchemaNameError)
_FULL = (asyncpg.InsufficientResourcesError,)


def explain(error: BaseException) -> str | None:
    """Return what to tell a person about an error; None for one that is our own defect."""
    match error:
        case BaseExceptionGroup() if len(error.exceptions) == 1:
            return explain(error.exceptions[0])
        case InvalidSetting() | EmbeddedServerError() | SchemaProblem():
            return str(error)
        case ApiError():
            return error.message
        case _:
            return _explain_database(error) or _explain_file(error)


def _explain_database(error: BaseException) -> str | None:
    table = (
        (_REFUSING, REFUSED),
        (_UNMIGRATED, UNMIGRATED),
        (asyncpg.InsufficientPrivilegeError, FORBIDDEN),
        (_FULL, FULL),
        (_CONNECTING, UNREACHABLE),
    )
    for kinds, text in table:
        if isinstance(error, kinds):
            return text.format(error=str(error).strip() or type(error).__name__)
    # A host name that does not resolve, and a socket that is not there, are plain OSErrors of the connection.
    if isinstance(error, OSError) and error.filename is None:
        return UNREACHABLE.format(error=error.strerror or error)
    return None


def _explain_file(error: BaseException) -> str | None:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}."
    return None
