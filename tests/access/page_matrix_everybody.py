"""Pages for everybody: those that need no session, and one's own."""

from typing import Final

from amends.access.permissions import Permission, Role
from tests.access.page_row import PageRow, nothing

OWN_PAGES: Final = [
    PageRow("GET", "/me", None, nothing),
    PageRow("POST", "/me", None, nothing, {"name": "Renamed"}, 303),
    PageRow("GET", "/me/security", None, nothing),
    PageRow("POST", "/me/security/sessions", None, nothing, {}, 303),
    PageRow("POST", "/me/security/two-step", None, nothing, {}, 303),
    PageRow("GET", "/me/security/two-step", None, nothing, {}, 200),
    PageRow("POST", "/me/security/two-step/confirm", None, nothing, {"code": "12345"}, 422),
    PageRow("POST", "/me/security/two-step/codes", None, nothing, {}, 303),
    PageRow("POST", "/me/security/two-step/codes/file", None, nothing, {"codes": "abcd-efgh-jkmn-pqrs"}),
    PageRow("POST", "/me/security/two-step/off", None, nothing, {}, 303),
    PageRow("POST", "/me/security/password", None, nothing, {"password": "a horse of the matrix"}, 303),
    PageRow("GET", "/accounts", None, nothing, others=dict.fromkeys((*Role, "foreign"), 303)),
    PageRow("GET", "/accounts/{biz_pid}", Permission.CASE_READ, status=303),
    PageRow("GET", "/me/notifications", None, nothing),
    PageRow("POST", "/me/notifications", None, nothing, {"on": "reminder"}, 303),
]

PUBLIC_PAGES: Final = {
    ("GET", "/"): 200,
    ("GET", "/sign-in"): 200,
    ("POST", "/sign-in"): 422,
    ("GET", "/sign-in/code"): 303,
    ("POST", "/sign-in/code"): 303,
    ("GET", "/sign-in/{token}"): 404,
    ("POST", "/sign-in/{token}"): 404,
    ("POST", "/sign-out"): 303,
    ("GET", "/open/{token}"): 404,
    ("GET", "/sign-in/oidc"): 404,
    ("GET", "/sign-in/oidc/callback"): 404,
    ("GET", "/sign-in/email"): 200,
    ("POST", "/sign-in/email"): 422,
    ("GET", "/embed/{token}"): 404,
    ("POST", "/embed/{token}"): 404,
    ("POST", "/open/{token}"): 404,
    ("GET", "/forgot-password"): 200,
    ("POST", "/forgot-password"): 422,
    ("GET", "/reset-password/{token}"): 404,
    ("POST", "/reset-password/{token}"): 404,
    ("GET", "/invitations/{token}"): 404,
    ("POST", "/invitations/{token}"): 404,
    ("GET", "/unsubscribe/{token}"): 404,
    ("POST", "/unsubscribe/{token}"): 404,
}
"""Pages for everybody, and what they answer to who is not signed in and knows no token."""
