"""Which table is what: the one list behind grants, the schema test, truncation in tests and distribution on Citus.

A new table goes into exactly one of the first five. See DESIGN.md, "Data", for what each kind may do.
"""

from typing import Final

# Every row belongs to one account: account_id is first in the primary key and in every other key.
ACCOUNT_OWNED: Final = (
    "products",
    "plans",
    "members",
    "payments",
    "activity",
    "cases",
    "case_events",
    "case_event_texts",
    "case_attachments",
    "case_offers",
    "case_decisions",
    "case_counts",
    "case_count_deltas",
    "refunds",
    "merchant_credits",
    "disputes",
    "withdrawals",
    "exports",
    "saved_views",
    "saved_replies",
    "account_days",
    "account_rates",
    "case_notices",
    "case_letters",
    "case_reminders",
)

# Small, the same everywhere.
REFERENCE: Final = ("accounts", "policy_versions", "reason_codes")

# On the coordinator: who calls, what they uploaded, what the outside world said.
ORDINARY: Final = (
    "users",
    "user_accounts",
    "team_members",
    "platform_staff",
    "passwords",
    "api_keys",
    "idempotency_keys",
    "guesses",
    "audit_log",
    "files",
    "file_parts",
    "provider_refs",
    "provider_events",
    "imports",
    "import_rejections",
    "chain_digests",
    "sessions",
    "totp_secrets",
    "recovery_codes",
    "sign_in_links",
    "oidc_identities",
    "oidc_states",
    "user_preferences",
    "mail",
    "mail_attempts",
    "notice_choices",
    "invitations",
    "digests",
    "case_drafts",
)

# The job queue, in its own schema: pgqueuer's, not ours to change.
QUEUE: Final = ("jobs.pgqueuer", "jobs.pgqueuer_log", "jobs.pgqueuer_schedules", "jobs.pgqueuer_statistics")

# The built-in payment provider's own memory, in its own schema: read and written by it alone.
SANDBOX: Final = (
    "sandbox.behaviours",
    "sandbox.calls",
    "sandbox.refunds",
    "sandbox.credits",
    "sandbox.disputes",
    "sandbox.events",
)

# Of the above, those that the application's role may insert into and read, and nothing else.
APPEND_ONLY: Final = ("case_events", "audit_log")

# Of the account-owned ones, those that grow with time: partitioned by created_at one day.
TIME_GROWN: Final = ("activity", "case_events")

SEQUENCES: Final = ("account_numbers",)

# Schemas besides public that the application's role works in.
SCHEMAS: Final = ("jobs", "sandbox")

OURS: Final = ACCOUNT_OWNED + REFERENCE + ORDINARY
ALL: Final = OURS + QUEUE + SANDBOX
