"""The JSON routes of the reasons that decisions give: everybody reads them, the platform's admins keep them."""

from typing import Annotated, Any, Final

import msgspec
from litestar import get, put

from amends.access.permissions import Permission
from amends.access.scopes import Caller
from amends.cases.commands_reasons import NEEDS, put_reason
from amends.cases.queries_reasons import find_reason, list_reasons
from amends.cases.reasons import LONGEST_TEXT, LONGEST_TITLE, LONGEST_USE, DecidedAs, ReasonCode, Translation, Wording
from amends.db.pool import Pool
from amends.db.transactions import transaction
from amends.kit.clock import Clock, iso
from amends.kit.errors import NotFound

PATH: Final = "/api/v1/reason_codes"
_READ: Final[dict[str, Any]] = {"permission": Permission.CASE_READ}
_MANAGE: Final[dict[str, Any]] = {"permission": NEEDS}
_TAGS: Final = ["Reason codes"]

Template = Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)]


class PutTranslation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a reason says in one language; what is empty is as for all languages."""

    title: Annotated[str, msgspec.Meta(max_length=LONGEST_TITLE)] = ""
    to_customer: Template = ""
    to_merchant: Template = ""


class PutReasonCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A reason as it is to be. The texts may have placeholders, such as `{product}`; `version` is the one read."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TITLE)]
    when_to_use: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_USE)]
    fits: list[DecidedAs]
    to_customer: Template = ""
    to_merchant: Template = ""
    translations: dict[str, PutTranslation] = {}
    """By language of this installation: en, es."""
    retired: bool = False
    version: int | None = None


class TranslationAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a reason says in one language, empty as for all; its texts are null for who is not of the platform."""

    title: str
    to_customer: str | None
    to_merchant: str | None


class ReasonCodeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A reason that decisions give. When to use it and its texts are for the platform; null for others."""

    code: str
    title: str
    fits: list[DecidedAs]
    retired: bool
    retired_at: str | None
    when_to_use: str | None
    to_customer: str | None
    to_merchant: str | None
    translations: dict[str, TranslationAnswer]
    """By language: the platform's own words. Ours come with the pages' language."""
    version: int
    updated_at: str


class ReasonCodes(msgspec.Struct, frozen=True):
    """The whole catalogue, what is retired last."""

    data: list[ReasonCodeAnswer]


@get(PATH, opt=_READ, summary="List reason codes", tags=_TAGS)
async def list_(caller: Caller, pool: Pool) -> ReasonCodes:
    """List the reasons that decisions give, retired ones too: an old decision may name one."""
    return ReasonCodes([_shape(reason, caller) for reason in await list_reasons(pool)])


@get(PATH + "/{code:str}", opt=_READ, summary="Retrieve a reason code", tags=_TAGS)
async def retrieve(code: str, caller: Caller, pool: Pool) -> ReasonCodeAnswer:
    """Return one reason."""
    reason = await find_reason(pool, code)
    if reason is None:
        raise NotFound
    return _shape(reason, caller)


@put(PATH + "/{code:str}", opt=_MANAGE, summary="Put a reason code", tags=_TAGS)
async def put_(code: str, data: PutReasonCode, caller: Caller, pool: Pool, clock: Clock) -> ReasonCodeAnswer:
    """Add a reason, change it, retire it or take it back. Repeating it changes nothing."""
    if caller.platform is None:
        raise NotFound
    wording = Wording(
        title=data.title,
        when_to_use=data.when_to_use,
        fits=tuple(data.fits),
        to_customer=data.to_customer,
        to_merchant=data.to_merchant,
        translations={
            tag: msgspec.convert(said, Translation, from_attributes=True) for tag, said in data.translations.items()
        },
        retired=data.retired,
    )
    async with transaction(pool) as connection:
        reason = await put_reason(connection, caller.platform, code, wording, version=data.version, now=clock.now())
    return _shape(reason, caller)


def _shape(reason: ReasonCode, caller: Caller) -> ReasonCodeAnswer:
    inside = caller.platform is not None
    return ReasonCodeAnswer(
        code=reason.code,
        title=reason.title,
        fits=list(reason.fits),
        retired=reason.is_retired,
        retired_at=None if reason.retired_at is None else iso(reason.retired_at),
        when_to_use=reason.when_to_use if inside else None,
        to_customer=reason.to_customer if inside else None,
        to_merchant=reason.to_merchant if inside else None,
        translations={tag: _said(said, inside=inside) for tag, said in reason.translations.items()},
        version=reason.version,
        updated_at=iso(reason.updated_at),
    )


def _said(said: Translation, *, inside: bool) -> TranslationAnswer:
    texts = (said.to_customer, said.to_merchant) if inside else (None, None)
    return TranslationAnswer(title=said.title, to_customer=texts[0], to_merchant=texts[1])


routes: Final = [list_, retrieve, put_]
