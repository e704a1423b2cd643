"""One message to the customers of many cases, with what stands for its placeholders filled in for each."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from amends.cases.bulk import own_row_id
from amends.cases.queries_bulk_messages import customers_reading
from amends.cases.queries_reading import UNREAD, Reading
from amends.cases.replies import About, placeholders_in, render_reply
from amends.cases.table import TableRow
from amends.cases.table_values import TablePlace
from amends.db.pool import Pool
from amends.web.layout import AccountPlace


async def messages_to(
    pool: Pool,
    place: TablePlace,
    account: AccountPlace,
    rows: Sequence[TableRow],
    body: str,
    *,
    agent_name: str | None,
    now: datetime,
) -> Mapping[str, str]:
    """Return the message to each case by its public id."""
    if not placeholders_in(body):
        return {row.pid: body for row in rows}
    ids = [row_id for row in rows if (row_id := own_row_id(place, row.pid)) is not None]
    reading = await customers_reading(pool, place.account_id, ids)
    return {
        row.pid: render_reply(body, _about(row, account, agent_name, reading.get(row.pid, UNREAD)), now) for row in rows
    }


def _about(row: TableRow, account: AccountPlace, agent_name: str | None, reading: Reading) -> About:
    return About(
        customer_name=row.customer.name,
        product=row.product.title if row.product else None,
        amount_minor=row.amount_minor,
        currency=row.currency,
        places=row.exponent,
        case_id=row.pid,
        due=row.due_at,
        agent_name=agent_name,
        account=account.title,
        home=account.currency,
        locale=reading.locale,
        time_zone=reading.time_zone(),
    )
