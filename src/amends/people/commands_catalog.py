"""Products and plans as they are upserted."""

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from msgspec import UnsetType
from msgspec.structs import replace

from amends.db.pool import Connection
from amends.kit.errors import Unprocessable
from amends.kit.ids import Prefix, public_id, uuid7
from amends.people.records import Kind, PlanRecord, ProductRecord
from amends.people.rows import PlanRow, ProductRow
from amends.people.upserts import Entry, Group, Shelf, write_group

FETCH_PRODUCTS_SQL: Final = """
select external_id, id, pid, title, withdrawal_right, created_at, updated_at
from products
where account_id = $1
    and external_id = any($2::text[])
union all
select external_id, id, pid, title, withdrawal_right, created_at, updated_at
from products
where account_id = $1
    and id = any($3::uuid[])
"""
UPSERT_PRODUCTS_SQL: Final = """
insert into products (account_id, external_id, id, pid, title, withdrawal_right, created_at, updated_at)
select $1::bigint, external_id, id, pid, title, withdrawal_right, created_at, updated_at
from unnest(
    $2::text[], $3::uuid[], $4::text[], $5::text[], $6::boolean[], $7::timestamptz[], $8::timestamptz[]
) as given (external_id, id, pid, title, withdrawal_right, created_at, updated_at)
on conflict (account_id, external_id) do update
set title = excluded.title,
    withdrawal_right = excluded.withdrawal_right,
    updated_at = excluded.updated_at
returning id
"""
FETCH_PLANS_SQL: Final = """
select external_id, id, pid, product_id, title, billing_period_days, cancel_before_hours, created_at, updated_at
from plans
where account_id = $1
    and external_id = any($2::text[])
union all
select external_id, id, pid, product_id, title, billing_period_days, cancel_before_hours, created_at, updated_at
from plans
where account_id = $1
    and id = any($3::uuid[])
"""
UPSERT_PLANS_SQL: Final = """
insert into plans (
    account_id, external_id, id, pid, product_id, title, billing_period_days, cancel_before_hours, created_at,
    updated_at
)
select $1::bigint, external_id, id, pid, product_id, title, billing_period_days, cancel_before_hours, created_at,
    updated_at
from unnest(
    $2::text[], $3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::integer[], $8::integer[], $9::timestamptz[],
    $10::timestamptz[]
) as given (
    external_id, id, pid, product_id, title, billing_period_days, cancel_before_hours, created_at, updated_at
)
on conflict (account_id, external_id) do update
set product_id = excluded.product_id,
    title = excluded.title,
    billing_period_days = excluded.billing_period_days,
    cancel_before_hours = excluded.cancel_before_hours,
    updated_at = excluded.updated_at
returning id
"""


def _no_references(_record: ProductRecord) -> Iterable[tuple[Kind, str]]:
    return ()


async def fetch_products(
    connection: Connection, account_id: int, external_ids: Sequence[str], row_ids: Sequence[UUID]
) -> list[ProductRow]:
    """Return an account's products by the integrator's ids and by row id."""
    rows = await connection.fetch(FETCH_PRODUCTS_SQL, account_id, external_ids, row_ids)
    return [ProductRow(*row) for row in rows]


def _compose_product(group: Group, entry: Entry, stored: ProductRow | None) -> ProductRow:
    record: Any = entry.record
    row = stored
    if row is None:
        row_id = uuid7(group.now)
        pid = public_id(Prefix.PRODUCT, row_id, group.account_id)
        row = ProductRow(entry.external_id, row_id, pid, "", False, group.now, group.now)
    changed = replace(row, title=record.title, withdrawal_right=_withdrawal_right(group, record, row))
    return row if changed == stored else replace(changed, updated_at=group.now)


def _withdrawal_right(group: Group, record: ProductRecord, row: ProductRow) -> bool:
    """Return whether customers may withdraw: the platform says so, an account may only repeat it."""
    wanted = row.withdrawal_right if isinstance(record.withdrawal_right, UnsetType) else record.withdrawal_right
    if group.by_account and wanted != row.withdrawal_right:
        raise Unprocessable(
            "withdrawal_right_not_yours",
            "Only the platform switches a product's right of withdrawal on or off.",
            param="withdrawal_right",
        )
    return wanted


async def _write_products(connection: Connection, group: Group) -> None:
    await write_group(connection, group, "products", UPSERT_PRODUCTS_SQL, group.account_id)


def _product_of(record: PlanRecord) -> Iterable[tuple[Kind, str]]:
    return () if record.product is None else ((Kind.PRODUCT, record.product),)


async def fetch_plans(
    connection: Connection, account_id: int, external_ids: Sequence[str], row_ids: Sequence[UUID]
) -> list[PlanRow]:
    """Return an account's plans by the integrator's ids and by row id."""
    rows = await connection.fetch(FETCH_PLANS_SQL, account_id, external_ids, row_ids)
    return [PlanRow(*row) for row in rows]


def _compose_plan(group: Group, entry: Entry, stored: PlanRow | None) -> PlanRow:
    record: Any = entry.record
    row = stored
    if row is None:
        row_id = uuid7(group.now)
        pid = public_id(Prefix.PLAN, row_id, group.account_id)
        row = PlanRow(entry.external_id, row_id, pid, None, None, None, None, group.now, group.now)
    changed = replace(
        row,
        product_id=None if record.product is None else group.find(Kind.PRODUCT, record.product, "product").id,
        title=record.title,
        billing_period_days=record.billing_period_days,
        cancel_before_hours=record.cancel_before_hours,
    )
    return row if changed == stored else replace(changed, updated_at=group.now)


async def _write_plans(connection: Connection, group: Group) -> None:
    await write_group(connection, group, "plans", UPSERT_PLANS_SQL, group.account_id)


PRODUCTS: Final = Shelf(
    kind=Kind.PRODUCT,
    references=_no_references,
    fetch=fetch_products,
    compose=_compose_product,
    write=_write_products,
)
PLANS: Final = Shelf(
    kind=Kind.PLAN, references=_product_of, fetch=fetch_plans, compose=_compose_plan, write=_write_plans
)
