"""The JSON routes of products, plans and members. `people.api` mounts them."""

from typing import Any, Final

from litestar import get, put
from litestar.response import Response

from amends.access.permissions import Permission
from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.kit.clock import Clock
from amends.kit.errors import NotFound
from amends.kit.pages import Page
from amends.people import commands, queries_lists
from amends.people.commands_catalog import fetch_plans, fetch_products
from amends.people.commands_members import fetch_members
from amends.people.paging import Paging
from amends.people.places import Place, checked_external_id, row_id_in
from amends.people.records import Kind, MemberRecord, PlanRecord, ProductRecord
from amends.people.rows import MemberRow, PlanRow, ProductRow
from amends.people.schemas import Member, Plan, Product, member_shape, plan_shape, product_shape

_READ: Final[dict[str, Any]] = {"permission": Permission.CASE_READ}
_PRODUCT_WRITE: Final[dict[str, Any]] = {"permission": Permission.PRODUCT_WRITE}
_MEMBER_WRITE: Final[dict[str, Any]] = {"permission": Permission.MEMBER_WRITE}


@put("/products/{record_id:str}", opt=_PRODUCT_WRITE, tags=["Products"])
async def put_product(record_id: str, data: ProductRecord, place: Place, pool: Pool, clock: Clock) -> Response[Product]:
    """Create or change a product by your own id. `withdrawal_right` is the platform's to switch."""
    external_id = checked_external_id(record_id)
    async with transaction(pool) as connection:
        result, row = await commands.put(
            connection,
            Kind.PRODUCT,
            external_id,
            data,
            account_id=place.account_id,
            now=clock.now(),
            by_account=place.by_account,
        )
    return Response(product_shape(row, place.account_pid), status_code=result.status)


@get("/products/{record_id:str}", opt=_READ, tags=["Products"])
async def get_product(record_id: str, place: Place, pool: Pool) -> Product:
    """Return one product by its id, or by your own."""
    return product_shape(await _one(fetch_products, Kind.PRODUCT, record_id, place, pool), place.account_pid)


@get("/products", opt=_READ, tags=["Products"])
async def list_products(place: Place, paging: Paging) -> Page[Product]:
    """List an account's products, newest first."""
    rows, info = await paging.read(queries_lists.PRODUCTS, place.account_id)
    return Page([product_shape(ProductRow(*row), place.account_pid) for row in rows], info)


@put("/plans/{record_id:str}", opt=_PRODUCT_WRITE, tags=["Plans"])
async def put_plan(record_id: str, data: PlanRecord, place: Place, pool: Pool, clock: Clock) -> Response[Plan]:
    """Create or change a plan by your own id."""
    external_id = checked_external_id(record_id)
    async with transaction(pool) as connection:
        result, row = await commands.put(
            connection, Kind.PLAN, external_id, data, account_id=place.account_id, now=clock.now()
        )
    return Response(plan_shape(row, place.account_pid, place.account_id), status_code=result.status)


@get("/plans/{record_id:str}", opt=_READ, tags=["Plans"])
async def get_plan(record_id: str, place: Place, pool: Pool) -> Plan:
    """Return one plan by its id, or by your own."""
    row = await _one(fetch_plans, Kind.PLAN, record_id, place, pool)
    return plan_shape(row, place.account_pid, place.account_id)


@get("/plans", opt=_READ, tags=["Plans"])
async def list_plans(place: Place, paging: Paging) -> Page[Plan]:
    """List an account's plans, newest first."""
    rows, info = await paging.read(queries_lists.PLANS, place.account_id)
    return Page([plan_shape(PlanRow(*row), place.account_pid, place.account_id) for row in rows], info)


@put("/members/{record_id:str}", opt=_MEMBER_WRITE, tags=["Members"])
async def put_member(record_id: str, data: MemberRecord, place: Place, pool: Pool, clock: Clock) -> Response[Member]:
    """Create or change a member by your own id. `user` is the user's public id, or the platform's own id.

    An account's credential may name by the platform's own id only a user whom the account knows already.
    """
    external_id = checked_external_id(record_id)
    async with transaction(pool) as connection:
        result, row = await commands.put(
            connection,
            Kind.MEMBER,
            external_id,
            data,
            account_id=place.account_id,
            now=clock.now(),
            by_account=place.by_account,
        )
    shape = member_shape(row, place.account_pid, with_email=place.sees_email)
    return Response(shape, status_code=result.status)


@get("/members/{record_id:str}", opt=_READ, tags=["Members"])
async def get_member(record_id: str, place: Place, pool: Pool) -> Member:
    """Return one member by its id, or by your own."""
    row = await _one(fetch_members, Kind.MEMBER, record_id, place, pool)
    return member_shape(row, place.account_pid, with_email=place.sees_email)


@get("/members", opt=_READ, tags=["Members"])
async def list_members(place: Place, paging: Paging) -> Page[Member]:
    """List an account's members, newest first."""
    rows, info = await paging.read(queries_lists.MEMBERS, place.account_id)
    shapes = [member_shape(MemberRow(*row), place.account_pid, with_email=place.sees_email) for row in rows]
    return Page(shapes, info)


async def _one(fetch: Any, kind: Kind, record_id: str, place: Place, pool: Pool) -> Any:
    """Return the row that a public id or an integrator's id names.

    Raises:
        NotFound: there is none in this account.
    """
    row_id = row_id_in(kind, place.account_id, record_id)
    rows = await fetch(pool, place.account_id, *(([record_id], []) if row_id is None else ([], [row_id])))
    if not rows:
        raise NotFound
    return rows[0]


owned_handlers: Final = [
    put_product,
    get_product,
    list_products,
    put_plan,
    get_plan,
    list_plans,
    put_member,
    get_member,
    list_members,
]
