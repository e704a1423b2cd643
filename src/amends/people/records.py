"""What an integrator tells us: one shape for each kind of record, as a PUT body and as a line of an import.

Fields that are absent take their default; absent times keep what is stored. References (`user`, `member`, `product`,
`plan`, `payment`) are the integrator's own ids or public ids. A line also says its own `id` and, in a file of the whole
platform, its `account`. Whether a record fits the others is the matter of the modules `commands_…`.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType


class Kind(StrEnum):
    """The kinds of records, each after those that it refers to."""

    ACCOUNT = "account"
    USER = "user"
    PRODUCT = "product"
    PLAN = "plan"
    MEMBER = "member"
    PAYMENT = "payment"
    ACTIVITY = "activity"


NO_NUL = r"^[^\x00]*$"
_END = r"(?![\s\S])"
"""The end of the text; `$` would pass a line break there."""
EMAIL = rf"^[^\x00-\x20@]+@[^\x00-\x20@]+{_END}"
LOCALE = rf"^[A-Za-z]{{2,3}}([-_][A-Za-z0-9]{{2,8}})*{_END}"
CURRENCY = rf"^[A-Za-z]{{3}}{_END}"
ACTIVITY_KIND = rf"^[a-z][a-z0-9_]{{0,63}}{_END}"
PROVIDER = rf"^[a-z][a-z0-9_]{{0,31}}{_END}"
LAST4 = rf"^[0-9]{{4}}{_END}"
EXTERNAL_ID = rf"^[^\x00-\x20/\x7f]+{_END}"
ExternalId = Annotated[str, Meta(min_length=1, max_length=200, pattern=EXTERNAL_ID)]
"""The integrator's own id: no white space, no slash."""
Reference = Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_NUL)]
Title = Annotated[str, Meta(min_length=1, max_length=500, pattern=NO_NUL)]
AccountTitle = Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_NUL)]
Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_NUL)]
Username = Annotated[str, Meta(min_length=1, max_length=100, pattern=NO_NUL)]
Email = Annotated[str, Meta(min_length=3, max_length=320, pattern=EMAIL)]
TimeZone = Annotated[str, Meta(min_length=1, max_length=64)]
Locale = Annotated[str, Meta(max_length=35, pattern=LOCALE)]
Currency = Annotated[str, Meta(pattern=CURRENCY)]
ActivityKind = Annotated[str, Meta(pattern=ACTIVITY_KIND)]
Word = Annotated[str, Meta(min_length=1, max_length=64, pattern=NO_NUL)]
ProviderName = Annotated[str, Meta(pattern=PROVIDER)]
Last4 = Annotated[str, Meta(pattern=LAST4)]
Days = Annotated[int, Meta(ge=1, le=36_500)]
Hours = Annotated[int, Meta(ge=0, le=87_600)]
Amount = str | int | float
"""Whole units of a currency, as plain decimal text or a number; `amends.kit.money` reads it exactly."""
Quantity = Annotated[int, Meta(ge=1, le=1_000_000)]


class AccountRecord(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A merchant. `support_limits`: by currency, what role support may refund on one case, in whole units."""

    title: AccountTitle
    currency: Currency
    time_zone: TimeZone = "UTC"
    support_limits: dict[Currency, Amount] = {}


class UserRecord(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A person on the platform. The external id is the subject of the platform's tokens."""

    name: Name | None = None
    username: Username | None = None
    email: Email | None = None
    time_zone: TimeZone = "UTC"
    locale: Locale = "en"


class ProductRecord(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """What an account sells. `withdrawal_right` is the platform's to say; absent keeps what is stored."""

    title: Title
    withdrawal_right: bool | UnsetType = UNSET


class PlanRecord(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """How a product is sold. `cancel_before_hours`: the notice needed before a renewal."""

    product: Reference | None = None
    title: Title | None = None
    billing_period_days: Days | None = None
    cancel_before_hours: Hours | None = None


class MemberRecord(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A user at an account. `joined_at` defaults to now, `ended_at` to what is stored; null: has not ended."""

    user: Reference
    joined_at: datetime | UnsetType = UNSET
    ended_at: datetime | UnsetType | None = UNSET


class LineItemRecord(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One thing on a receipt. `subtotal` is in whole units of the payment's currency."""

    label: Title
    subtotal: Amount
    quantity: Quantity = 1
    product: Reference | None = None
    plan: Reference | None = None
    sku: Word | None = None


class PaymentRecord(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """What a customer paid. `amount` is in whole units of `currency`, as decimal text or a number, exact."""

    member: Reference
    amount: Amount
    currency: Currency
    status: Literal["pending", "paid", "failed"] = "paid"
    product: Reference | None = None
    plan: Reference | None = None
    paid_at: datetime | UnsetType | None = UNSET
    created_at: datetime | UnsetType = UNSET
    payment_method_type: Word | None = None
    card_brand: Word | None = None
    card_last4: Last4 | None = None
    is_renewal: bool = False
    period_start: datetime | None = None
    period_end: datetime | None = None
    line_items: Annotated[list[LineItemRecord], Meta(max_length=100)] = []
    provider: ProviderName = "sandbox"
    provider_ref: Reference | None = None


class _Activity(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    member: Reference
    occurred_at: datetime | UnsetType = UNSET
    product: Reference | None = None
    payment: Reference | None = None
    details: dict[str, Any] = {}


class ActivityRecord(
    _Activity, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False, rename={"activity": "kind"}
):
    """What a member did. A log: once recorded it never changes."""

    activity: ActivityKind


Record = AccountRecord | UserRecord | ProductRecord | PlanRecord | MemberRecord | PaymentRecord | ActivityRecord


class AccountLine(AccountRecord, frozen=True, kw_only=True, tag_field="kind", tag="account", gc=False):
    """A line of an import."""

    id: ExternalId


class UserLine(UserRecord, frozen=True, kw_only=True, tag_field="kind", tag="user", gc=False):
    """A line of an import."""

    id: ExternalId


class ProductLine(ProductRecord, frozen=True, kw_only=True, tag_field="kind", tag="product", gc=False):
    """A line of an import."""

    id: ExternalId
    account: Reference | None = None


class PlanLine(PlanRecord, frozen=True, kw_only=True, tag_field="kind", tag="plan", gc=False):
    """A line of an import."""

    id: ExternalId
    account: Reference | None = None


class MemberLine(MemberRecord, frozen=True, kw_only=True, tag_field="kind", tag="member", gc=False):
    """A line of an import."""

    id: ExternalId
    account: Reference | None = None


class PaymentLine(PaymentRecord, frozen=True, kw_only=True, tag_field="kind", tag="payment", gc=False):
    """A line of an import."""

    id: ExternalId
    account: Reference | None = None


class ActivityLine(_Activity, frozen=True, kw_only=True, tag_field="kind", tag="activity", gc=False):
    """A line of an import: `kind` is the record's, so what the member did stands in `activity`.

    Without an `id` the content is the id, so that the same line twice is one record.
    """

    activity: ActivityKind
    id: ExternalId | None = None
    account: Reference | None = None


Line = AccountLine | UserLine | ProductLine | PlanLine | MemberLine | PaymentLine | ActivityLine
