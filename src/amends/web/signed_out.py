"""What somebody sees whose form came after their session had ended: their words, and how to send it after all.

Nothing is kept of it anywhere but in the page. It is shown to nobody but who sent it from a page of ours.
"""

from typing import ClassVar
from urllib.parse import quote

from litestar import Response

from amends.web.layout import AnyRequest
from amends.web.next_path import path_to_return_to, safe_path
from amends.web.pages import Page, render
from amends.web.typed_words import SHOWS_AGAIN, Field, Typed, Words
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
    look: bool
    """It goes there to be looked at first: the answer is the form, filled in."""


def looks_first(request: AnyRequest, typed: Typed) -> bool:
    """Tell whether a form is filled in again rather than sent: what is in it is more than the words that are shown."""
    if not request.scope["route_handler"].opt.get(SHOWS_AGAIN) or not typed.can_be_shown_again:
        return False
    return typed.has_choices or not typed.words


def signed_out_page(request: AnyRequest, typed: Typed, *, may_send: bool) -> Response[str]:
    """Show what was typed; with all of it there, and its token right, it can be sent from here.

    Amounts and choices go back into their form, where it can be filled in again: it says what they lead to.
    """
    look = looks_first(request, typed)
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
        look=look,
    )
    return render(request, page, status=401)
