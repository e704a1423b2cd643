"""The routes of the platform's pages, and of their API."""

from typing import Final

from amends.platform.api_audit import routes as audit_api_routes
from amends.platform.api_policy import routes as policy_api_routes
from amends.platform.pages_accounts import routes as account_routes
from amends.platform.pages_attention import routes as attention_routes
from amends.platform.pages_audit import routes as audit_routes
from amends.platform.pages_credits import routes as credit_routes
from amends.platform.pages_policy import routes as policy_routes
from amends.platform.pages_queue import routes as queue_routes
from amends.platform.pages_reasons import routes as reason_routes
from amends.platform.pages_reviewers import routes as reviewer_routes

routes: Final = [
    *attention_routes,
    *account_routes,
    *credit_routes,
    *reviewer_routes,
    *policy_routes,
    *policy_api_routes,
    *audit_routes,
    *audit_api_routes,
    *queue_routes,
    *reason_routes,
]
