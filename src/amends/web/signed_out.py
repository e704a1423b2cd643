"""What somebody sees whose form came after their session had ended: their words, and how to send them after all.

Nothing is kept of it anywhere but in the page. It is shown to nobody but who sent it from a page of ours.
"""

from typing import ClassVar
from urllib.parse import quote

from litestar import Response

from amends.web.layout import AnyRequest
from amends.web.next_path import path_to_return_to, safe_path
from amends.web.pages import Page, render
from amends.web.typed_words import Field, Typed, Words
from amends.web.urls import sign_in_url, with_query


class SignedOutPage(Page, frozen=True, kw_only=True):
    """What was typed, and was not sent."""

    template: ClassVar[str] = "errors/signed_out.html"
    words: tuple[Words, ...]
    is_cut: bool
    """More was typed than is shown."""
    files: tuple[str, ...]
    """The names of the files that are not kept."""
    back: str
    """The page that the form is on."""
    sign_in_url: str
    """It leads on to that page."""
    send_url: str | None
    """Where the same form goes once more; None: it cannot be sent from here."""
    fields: tuple[Field, ...]
    """What goes there."""


def signed_out_page(request: AnyRequest, typed: Typed, *, may_send: bool) -> Response[str]:
    """Show what was typed; with all of it there, and its token right, it can be sent from here."""
    path = with_query(quote(request.scope["path"]), request.scope["query_string"].decode("latin-1"))
    back = safe_path(typed.page) if typed.page else path_to_return_to(request.scope)
    page = SignedOutPage(
        words=typed.words,
        is_cut=any(field.is_cut for field in typed.fields),
        files=typed.files,
        back=back,
        sign_in_url=sign_in_url(back),
        send_url=path if may_send and typed.is_whole else None,
        fields=typed.fields,
    )
    return render(request, page, status=401)
