"""Payments as they are upserted: what a customer paid. Its receipt is the matter of `amends.people.receipts`.

What other domains write (refunded, reserved, disputed) is never touched. Once a case, a refund or a bank dispute
exists, who paid how much by what stays as it is (`PaymentRow.fixed`): such a row is locked and looked at once more.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from msgspec import UNSET
from msgspec.structs import replace

from amends.db.pool import Connection
from amends.kit.errors import Conflict, Unprocessable
from amends.kit.ids import Prefix, public_id, uuid7
from amends.people.receipts import bought, line_items
from amends.people.records import Kind, PaymentRecord
from amends.people.references import as_public_id
from amends.people.rows import MemberRow, PaymentRow
from amends.people.upserts import Entry, Group, Raced, Shelf, write_group
from amends.people.values import currency_exponent, instant, optional_instant, positive_minor

FETCH_PAYMENTS_SQL: Final = """
select external_id, id, pid, member_id, user_id, product_id, plan_id, status, currency, currency_exponent, amount_minor,
    paid_at, payment_method_type, card_brand, card_last4, is_renewal, period_start, period_end, line_items, provider,
    provider_ref, created_at, updated_at
from payments
where account_id = $1
    and external_id = any($2::text[])
union all
select external_id, id, pid, member_id, user_id, product_id, plan_id, status, currency, currency_exponent, amount_minor,
    paid_at, payment_method_type, card_brand, card_last4, is_renewal, period_start, period_end, line_items, provider,
    provider_ref, created_at, updated_at
from payments
where account_id = $1
    and id = any($3::uuid[])
"""
FIXED_PAYMENTS_SQL: Final = """
select payment_id
from cases
where account_id = $1
    and payment_id = any($2::uuid[])
union
select payment_id
from refunds
where account_id = $1
    and payment_id = any($2::uuid[])
union
select payment_id
from disputes
where account_id = $1
    and payment_id = any($2::uuid[])
"""
LOCK_PAYMENTS_SQL: Final = """
select id
from payments
where account_id = $1
    and id = any($2::uuid[])
order by id
for update
"""
PROVIDER_REFS_SQL: Final = """
select stored.provider, stored.ref, stored.payment_id
from unnest($1::text[], $2::text[]) as wanted (provider, ref)
join provider_refs as stored on stored.provider = wanted.provider
    and stored.ref = wanted.ref
"""
CLAIM_REFS_SQL: Final = """
insert into provider_refs (provider, ref, account_id, payment_id)
select provider, ref, $1::bigint, payment_id
from unnest($2::text[], $3::text[], $4::uuid[]) as given (provider, ref, payment_id)
"""
UPSERT_PAYMENTS_SQL: Final = """
insert into payments (
    account_id, external_id, id, pid, member_id, user_id, product_id, plan_id, status, currency, currency_exponent,
    amount_minor, paid_at, payment_method_type, card_brand, card_last4, is_renewal, period_start, period_end,
    line_items, provider, provider_ref, created_at, updated_at
)
select $1::bigint, external_id, id, pid, member_id, user_id, product_id, plan_id, status, currency, currency_exponent,
    amount_minor, paid_at, payment_method_type, card_brand, card_last4, is_renewal, period_start, period_end,
    line_items, provider, provider_ref, created_at, updated_at
from unnest(
    $2::text[], $3::uuid[], $4::text[], $5::uuid[], $6::uuid[], $7::uuid[], $8::uuid[], $9::text[], $10::text[],
    $11::smallint[], $12::bigint[], $13::timestamptz[], $14::text[], $15::text[], $16::text[], $17::boolean[],
    $18::timestamptz[], $19::timestamptz[], $20::jsonb[], $21::text[], $22::text[], $23::timestamptz[],
    $24::timestamptz[]
) as given (
    external_id, id, pid, member_id, user_id, product_id, plan_id, status, currency, currency_exponent, amount_minor,
    paid_at, payment_method_type, card_brand, card_last4, is_renewal, period_start, period_end, line_items, provider,
    provider_ref, created_at, updated_at
)
on conflict (account_id, external_id) do update
set member_id = excluded.member_id,
    user_id = excluded.user_id,
    product_id = excluded.product_id,
    plan_id = excluded.plan_id,
    status = excluded.status,
    currency = excluded.currency,
    currency_exponent = excluded.currency_exponent,
    amount_minor = excluded.amount_minor,
    paid_at = excluded.paid_at,
    payment_method_type = excluded.payment_method_type,
    card_brand = excluded.card_brand,
    card_last4 = excluded.card_last4,
    is_renewal = excluded.is_renewal,
    period_start = excluded.period_start,
    period_end = excluded.period_end,
    line_items = excluded.line_items,
    provider = excluded.provider,
    provider_ref = excluded.provider_ref,
    created_at = excluded.created_at,
    updated_at = excluded.updated_at
returning id
"""


class _Context(NamedTuple):
    """What holds for a group: fixed payments, whose references are and will be, and whose fixed part changes."""

    fixed: set[UUID]
    owners: dict[tuple[str, str], UUID]
    claims: dict[tuple[str, str], UUID]
    suspects: set[UUID]


def _references(record: PaymentRecord) -> Iterable[tuple[Kind, str]]:
    yield Kind.MEMBER, record.member
    for item in (record, *record.line_items):
        if item.product is not None:
            yield Kind.PRODUCT, item.product
        if item.plan is not None:
            yield Kind.PLAN, item.plan


async def fetch_payments(
    connection: Connection, account_id: int, external_ids: Sequence[str], row_ids: Sequence[UUID]
) -> list[PaymentRow]:
    """Return an account's payments by the integrator's ids and by row id."""
    rows = await connection.fetch(FETCH_PAYMENTS_SQL, account_id, external_ids, row_ids)
    return [PaymentRow(*row) for row in rows]


async def _prepare(connection: Connection, group: Group) -> None:
    """Find out which payments are fixed and whose the provider's references are."""
    stored = [row.id for row in group.stored.values()]
    refs = {(record.provider, record.provider_ref) for record in map(_record, group.entries) if record.provider_ref}
    group.context = _Context(
        fixed=await _fixed(connection, group.account_id, stored) if stored else set(),
        owners=await _owners(connection, sorted(refs)) if refs else {},
        claims={},
        suspects=set(),
    )


def _record(entry: Entry) -> Any:
    return entry.record


async def _fixed(connection: Connection, account_id: int, ids: Sequence[UUID]) -> set[UUID]:
    return {row["payment_id"] for row in await connection.fetch(FIXED_PAYMENTS_SQL, account_id, ids)}


async def _owners(connection: Connection, refs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], UUID]:
    rows = await connection.fetch(PROVIDER_REFS_SQL, *zip(*refs, strict=True))
    return {(row["provider"], row["ref"]): row["payment_id"] for row in rows}


def _compose(group: Group, entry: Entry, stored: PaymentRow | None) -> PaymentRow:
    record: Any = entry.record
    member: MemberRow = group.find(Kind.MEMBER, record.member, "member")
    exponent = currency_exponent(record.currency)
    row_id, pid, created_at = _identity(group, record, stored)
    paid_at = _paid_at(group, record, stored)
    product_id, plan_id = bought(group, record)
    row = PaymentRow(
        entry.external_id,
        row_id,
        pid,
        member.id,
        member.user_id,
        product_id,
        plan_id,
        record.status,
        record.currency.lower(),
        exponent if stored is None or stored.currency != record.currency.lower() else stored.currency_exponent,
        positive_minor(record.amount, record.currency, "amount"),
        paid_at,
        record.payment_method_type,
        record.card_brand,
        record.card_last4,
        record.is_renewal,
        optional_instant(record.period_start, "period_start"),
        optional_instant(record.period_end, "period_end"),
        line_items(group, record, row_id),
        record.provider,
        record.provider_ref,
        created_at if created_at is not None else paid_at or group.now,
        group.now if stored is None else stored.updated_at,
    )
    if row == stored:
        return row
    _check(group, row, stored)
    return row if stored is None else replace(row, updated_at=group.now)


def _identity(group: Group, record: PaymentRecord, stored: PaymentRow | None) -> tuple[UUID, str, Any]:
    created_at = None if record.created_at is UNSET else instant(record.created_at, "created_at")
    if stored is not None:
        return stored.id, stored.pid, created_at or stored.created_at
    row_id = uuid7(group.now)
    return row_id, public_id(Prefix.PAYMENT, row_id, group.account_id), created_at


def _paid_at(group: Group, record: PaymentRecord, stored: PaymentRow | None) -> Any:
    if record.paid_at is not UNSET and record.paid_at is not None:
        return instant(record.paid_at, "paid_at")
    if record.paid_at is UNSET and stored is not None and stored.paid_at is not None:
        return stored.paid_at
    return group.now if record.status == "paid" and record.paid_at is UNSET else None


def _check(group: Group, row: PaymentRow, stored: PaymentRow | None) -> None:
    if row.status == "paid" and row.paid_at is None:
        raise Unprocessable("paid_at_required", "A paid payment has a `paid_at`.", param="paid_at")
    if row.period_start and row.period_end and row.period_end < row.period_start:
        raise Unprocessable(
            "period_ends_before_start", "`period_end` is not before `period_start`.", param="period_end"
        )
    if stored is not None and row.fixed != stored.fixed:
        if stored.id in group.context.fixed:
            raise Conflict(
                "payment_is_fixed",
                "A payment with a case, refund or bank dispute keeps its member, status, amount and provider.",
                param="amount",
            )
        group.context.suspects.add(stored.id)
    if row.provider_ref is not None and (stored is None or row.provider_ref != stored.provider_ref):
        _claim_ref(group, row, (row.provider, row.provider_ref))


def _claim_ref(group: Group, row: PaymentRow, ref: tuple[str, str]) -> None:
    """Note whose the provider's reference is. One that a payment once had stays its own.

    Without a reference the provider knows the payment by its public id, so nobody else may have that.
    """
    owner = group.context.owners.get(ref) or group.context.claims.setdefault(ref, row.id)
    public = as_public_id(Kind.PAYMENT, ref[1])
    if owner != row.id or (public is not None and public.row_id != row.id):
        raise Conflict(
            "provider_ref_taken", "Another payment has this reference at the provider.", param="provider_ref"
        )


async def _write(connection: Connection, group: Group) -> None:
    context: _Context = group.context
    if context.suspects:
        await _lock(connection, group.account_id, sorted(context.suspects))
    if context.claims:
        claims = [(*ref, payment_id) for ref, payment_id in sorted(context.claims.items())]
        await connection.execute(CLAIM_REFS_SQL, group.account_id, *zip(*claims, strict=True))
    await write_group(connection, group, "payments", UPSERT_PAYMENTS_SQL, group.account_id)


async def _lock(connection: Connection, account_id: int, ids: Sequence[UUID]) -> None:
    """Lock payments whose fixed part is to change, and look again: a case is opened under the same lock.

    Raises:
        Raced: one of them has become fixed meanwhile.
    """
    await connection.fetch(LOCK_PAYMENTS_SQL, account_id, ids)
    if await _fixed(connection, account_id, ids):
        raise Raced


PAYMENTS: Final = Shelf(
    kind=Kind.PAYMENT,
    references=_references,
    fetch=fetch_payments,
    prepare=_prepare,
    compose=_compose,
    write=_write,
)
