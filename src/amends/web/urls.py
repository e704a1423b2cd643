"""The addresses of pages: the one place where they are written, for templates, redirects and mails."""

from typing import Final
from urllib.parse import urlencode

SIGN_IN: Final = "/sign-in"
MAILED_LINK: Final = "/sign-in/email"
OIDC: Final = "/sign-in/oidc"
OIDC_CALLBACK: Final = "/sign-in/oidc/callback"
SIGN_OUT: Final = "/sign-out"
ME: Final = "/me"
SECURITY: Final = "/me/security"
ACCOUNTS: Final = "/accounts"
FORGOT_PASSWORD: Final = "/forgot-password"  # noqa: S105
NOTIFICATIONS: Final = "/me/notifications"
PURCHASES: Final = "/purchases"
MY_CASES: Final = "/cases"
PLATFORM: Final = "/platform"
OUTBOX: Final = "/_outbox"


def account_url(account_pid: str, section: str) -> str:
    """Return a section of an account: `cases`, `exports`, `team`, `replies`, `views`."""
    return f"{ACCOUNTS}/{account_pid}/{section}"


def table_url(account_pid: str, query: str = "") -> str:
    """Return an account's table of cases; `query` is a query string."""
    return with_query(account_url(account_pid, "cases"), query)


def case_url(account_pid: str, case_pid: str, action: str = "", *, query: str = "") -> str:
    """Return a case's page, or where one of its forms goes."""
    path = f"{account_url(account_pid, 'cases')}/{case_pid}"
    return with_query(f"{path}/{action}" if action else path, query)


def teammate_url(account_pid: str, user_pid: str, action: str) -> str:
    """Return where a form about somebody on an account's team goes: `role`, `remove`."""
    return f"{account_url(account_pid, 'team')}/{user_pid}/{action}"


def invited_url(account_pid: str, invitation_pid: str, action: str) -> str:
    """Return where a form about an invitation goes: `resend`, `withdraw`."""
    return f"{account_url(account_pid, 'team')}/invitations/{invitation_pid}/{action}"


def reply_url(account_pid: str, reply_pid: str, action: str = "") -> str:
    """Return a saved reply's page, or where one of its forms goes."""
    path = f"{account_url(account_pid, 'replies')}/{reply_pid}"
    return f"{path}/{action}" if action else path


def purchase_url(payment_pid: str, action: str = "") -> str:
    """Return a customer's page about a payment of theirs, or where one of its forms goes: `report`, `withdrawal`."""
    path = f"{PURCHASES}/{payment_pid}"
    return f"{path}/{action}" if action else path


def my_case_url(case_pid: str, action: str = "", *, query: str = "") -> str:
    """Return a customer's page about a case of theirs, or where one of its forms goes."""
    path = f"{MY_CASES}/{case_pid}"
    return with_query(f"{path}/{action}" if action else path, query)


def platform_url(section: str, *rest: str, query: str = "") -> str:
    """Return one of the platform's pages: `queue`, `attention`, `policy` …; `rest` goes on below it."""
    return with_query("/".join((PLATFORM, section, *rest)), query)


def sign_in_link_url(token: str) -> str:
    """Return where a link signs in, once."""
    return f"{SIGN_IN}/{token}"


def embed_url(token: str) -> str:
    """Return the first page in a frame of the platform's site."""
    return f"/embed/{token}"


def case_link_url(token: str) -> str:
    """Return where a notice's link opens its case."""
    return f"/open/{token}"


def unsubscribe_url(token: str) -> str:
    """Return where a kind of notice is switched off, without signing in."""
    return f"/unsubscribe/{token}"


def invitation_url(token: str) -> str:
    """Return where an invitation is accepted."""
    return f"/invitations/{token}"


def reset_password_url(token: str) -> str:
    """Return where a new password is chosen."""
    return f"/reset-password/{token}"


def with_query(path: str, query: str) -> str:
    """Return `path` with a query string, if there is one."""
    return f"{path}?{query}" if query else path


def mailed_link_url(then: str) -> str:
    """Return the page that asks for a sign-in link by e-mail, which goes on to `then`."""
    return f"{MAILED_LINK}?{urlencode({'next': then})}"


def oidc_url(then: str) -> str:
    """Return where signing in with the company's account begins, which goes on to `then`."""
    return f"{OIDC}?{urlencode({'next': then})}"


def sign_in_url(then: str) -> str:
    """Return the sign-in page that goes on to `then`."""
    return f"{SIGN_IN}?{urlencode({'next': then})}"
