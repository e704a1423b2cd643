"""Pages inside a frame of the platform's site: which sites may show them, and forms that only they can send.

A frame in another site is not given our CSRF cookie. Its forms carry a token of their own instead, which the signer
makes from the session (or, before there is one, from the link): who cannot read the page cannot know it.
"""

import hashlib
from hmac import compare_digest
from typing import Any, Final

from litestar.enums import RequestEncodingType
from litestar.types import Receive, Scope, Send
from litestar.utils.scope.state import ScopeState

from amends.access.sessions import Session
from amends.kit.signing import Signer
from amends.web.multipart_form import form_expired

TOKEN: Final = "frame_token"  # noqa: S105
"""Where a request's state keeps the token of the forms of a page in a frame; None: it is no such page."""
_FORMS: Final = frozenset({RequestEncodingType.URL_ENCODED, RequestEncodingType.MULTI_PART})


def frame_token(signer: Signer, session: Session | None, path: str) -> str:
    """Return the token of a session's forms, or of those of a page that begins one."""
    about = f"session:{session.id}" if session is not None else f"path:{path}"
    return signer.sign("csrf:frame", hashlib.sha256(about.encode("utf-8", "replace")).digest())


def is_framed(scope: Scope) -> bool:
    """Tell whether a page may be shown in a frame."""
    return scope["state"].get(TOKEN) is not None


def policy_for_frames(policy: str, parents: tuple[str, ...]) -> str:
    """Return a content security policy under which these origins may show a page in a frame."""
    return policy.replace("frame-ancestors 'none'", f"frame-ancestors {' '.join(parents)}")


def is_token(token: str, sent: str) -> bool:
    """Tell whether what was sent is the token."""
    return compare_digest(sent.encode("utf-8", "replace"), token.encode())


async def check_token(scope: Scope, receive: Receive, send: Send, token: str, *, header: str, field: str) -> None:
    """Refuse a form without the token.

    Raises:
        Forbidden: `form_expired`.
    """
    request: Any = scope["litestar_app"].request_class(scope=scope, receive=receive, send=send)
    sent = request.headers.get(header)
    if not sent and request.content_type[0] in _FORMS:
        sent = (await request.form()).get(field)
    if not isinstance(sent, str) or not is_token(token, sent):
        raise form_expired()
    ScopeState.from_scope(scope).csrf_token = token
