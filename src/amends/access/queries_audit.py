"""The audit log as it is read: newest first. SQL and nothing else."""

from typing import Final

from amends.db.keyset import Listing, by_time, statements

_LINE = """id, principal, principal_name, action, subject, details, ip, created_at,
    (
        select a.pid
        from accounts a
        where a.id = audit_log.account_id
    ) as account_pid"""
_WANTED = """($1::bigint is null or account_id = $1)
    and ($2::text is null or action = $2)
    and ($3::text is null or subject = $3)"""
_NEWEST_FIRST = by_time("created_at")

AUDIT_SQLS: Final = statements(_LINE, "audit_log", _WANTED, _NEWEST_FIRST, 4)
AUDIT: Final = Listing("audit_log", _NEWEST_FIRST, AUDIT_SQLS)
"""Its parameters: the account's number, the action, the subject; null: any."""
