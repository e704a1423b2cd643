"""The public shapes of sign-in links."""

from typing import Annotated

import msgspec

from amends.people.records import Locale

Path = Annotated[str, msgspec.Meta(min_length=1, max_length=1500)]
Reference = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class CreateSignInLink(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who comes in, and where to.

    `user_id` is your own id of the user, or the public id. `case_id` opens that case and nothing else; without it the
    link leads to `path`, a page here. `embed` is for a frame of your site and shows the customer's pages alone.
    `locale` is the language that the person reads on your site; pages and e-mails follow it until they choose another.
    """

    user_id: Reference
    case_id: str | None = None
    path: Path | None = None
    embed: bool = False
    locale: Locale | None = None


class SignInLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link that signs in once; `url` is null when the answer is replayed: it is not kept."""

    url: str | None
    user_id: str
    case_id: str | None
    embed: bool
    expires_at: str
