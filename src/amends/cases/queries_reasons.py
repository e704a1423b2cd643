"""What is read about the reasons for decisions: the whole catalogue, which is small, and one of them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from asyncpg import Record

from amends.cases.reasons import ReasonCode
from amends.db.pool import Connection, Pool

REASON_CODES_SQL: Final = """
select code, title, when_to_use, fits, to_customer, to_merchant, translations, version, retired_at, updated_at,
    updated_by, updated_by_name
from reason_codes
order by retired_at is not null, created_at, title, code
"""

REASON_CODE_SQL: Final = """
select code, title, when_to_use, fits, to_customer, to_merchant, translations, version, retired_at, updated_at,
    updated_by, updated_by_name
from reason_codes
where code = $1
"""


async def list_reasons(where: Pool | Connection) -> Sequence[ReasonCode]:
    """Return the catalogue, what is retired last."""
    return [reason_of(row) for row in await where.fetch(REASON_CODES_SQL)]


async def find_reason(where: Pool | Connection, code: str) -> ReasonCode | None:
    """Return a reason of the catalogue."""
    row = await where.fetchrow(REASON_CODE_SQL, code)
    return None if row is None else reason_of(row)


def reason_of(row: Record | Mapping[str, Any]) -> ReasonCode:
    """Read a row of the catalogue."""
    return msgspec.convert(dict(row), ReasonCode)
