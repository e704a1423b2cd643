"""The lists of people and what they bought, newest first."""

from typing import Final

from amends.db.keyset import BY_ID, Listing, by_number, by_time, statements

_ACCOUNT = "external_id, id, uid, pid, title, currency, time_zone, support_limits, created_at, updated_at"
_USER = "external_id, id, pid, name, username, email, time_zone, locale, created_at, updated_at"
_PRODUCT = "external_id, id, pid, title, withdrawal_right, created_at, updated_at"
_PLAN = "external_id, id, pid, product_id, title, billing_period_days, cancel_before_hours, created_at, updated_at"
_MEMBER = """external_id, id, pid, user_id, user_pid, name, username, email, time_zone, joined_at, ended_at, created_at,
    updated_at"""
_ACTIVITY = "external_id, id, pid, member_id, kind, occurred_at, product_id, payment_id, details, created_at"
_OF_ACCOUNT = "account_id = $1"
_OF_MEMBER = "account_id = $1\n    and member_id = $2"
_BY_NUMBER = by_number("id")
_BY_CREATION = by_time("created_at")
_BY_OCCURRENCE = by_time("occurred_at")

ACCOUNTS_SQLS: Final = statements(_ACCOUNT, "accounts", "($1::bigint[] is null or id = any($1))", _BY_NUMBER, 2)
USERS_SQLS: Final = statements(_USER, "users", "true", BY_ID, 1)
PRODUCTS_SQLS: Final = statements(_PRODUCT, "products", _OF_ACCOUNT, BY_ID, 2)
PLANS_SQLS: Final = statements(_PLAN, "plans", _OF_ACCOUNT, BY_ID, 2)
MEMBERS_SQLS: Final = statements(_MEMBER, "members", _OF_ACCOUNT, BY_ID, 2)
ACTIVITY_SQLS: Final = statements(
    _ACTIVITY, "activity", f"{_OF_ACCOUNT}\n    and ($2::text[] is null or kind = any($2))", _BY_OCCURRENCE, 3
)
MEMBER_ACTIVITY_SQLS: Final = statements(
    _ACTIVITY, "activity", f"{_OF_MEMBER}\n    and ($3::text[] is null or kind = any($3))", _BY_OCCURRENCE, 4
)
PAYMENT_KEYS_SQLS: Final = statements("created_at, id", "payments", _OF_ACCOUNT, _BY_CREATION, 2)
MEMBER_PAYMENT_KEYS_SQLS: Final = statements("created_at, id", "payments", _OF_MEMBER, _BY_CREATION, 3)
USER_PAYMENT_KEYS_SQLS: Final = statements(
    "account_id, created_at, id", "payments", "account_id = any($1::bigint[])\n    and user_id = $2", _BY_CREATION, 3
)

ACCOUNTS: Final = Listing("accounts", _BY_NUMBER, ACCOUNTS_SQLS)
USERS: Final = Listing("users", BY_ID, USERS_SQLS)
PRODUCTS: Final = Listing("products", BY_ID, PRODUCTS_SQLS)
PLANS: Final = Listing("plans", BY_ID, PLANS_SQLS)
MEMBERS: Final = Listing("members", BY_ID, MEMBERS_SQLS)
ACTIVITY: Final = Listing("activity", _BY_OCCURRENCE, ACTIVITY_SQLS)
MEMBER_ACTIVITY: Final = Listing("activity", _BY_OCCURRENCE, MEMBER_ACTIVITY_SQLS)
PAYMENTS: Final = Listing("payments", _BY_CREATION, PAYMENT_KEYS_SQLS)
MEMBER_PAYMENTS: Final = Listing("payments", _BY_CREATION, MEMBER_PAYMENT_KEYS_SQLS)
USER_PAYMENTS: Final = Listing("payments", _BY_CREATION, USER_PAYMENT_KEYS_SQLS)
