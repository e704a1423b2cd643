"""What the mails about signing in and teams say. Called while the receiver is the reader."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from amends.notifications.mails import Button, Letter
from amends.web.readers import current_reader
from amends.web.text import _, day_and_time


def reset_password(*, url: str, expires_at: datetime) -> Letter:
    """Write to somebody who has asked for a new password."""
    return Letter(
        kind="reset_password",
        subject=_("Choose a new password"),
        paragraphs=(
            _("Somebody, hopefully you, has asked for a new password for your account at Amends."),
            _("The button below leads to a page where you choose it. It works once, until %(time)s.",
              time=_moment(expires_at)),
        ),
        button=Button(_("Choose a new password"), url),
        small_print=(_("If it was not you, do nothing: your password stays as it is."),),
    )  # fmt: skip


def sign_in_link(
    *, who: str | None, url: str, expires_at: datetime, is_one_of_several: bool, shops: Sequence[str] = ()
) -> Letter:
    """Write to somebody who has asked for a link that signs in; `who` is their name here, `shops` where they bought."""
    bought = (_("This one is for what was bought at %(accounts)s.", accounts=", ".join(shops)),) if shops else ()
    several = (
        (_("Several people here have this e-mail address, so you get an e-mail for each of them."),)
        if is_one_of_several
        else ()
    )
    return Letter(
        kind="sign_in_link",
        subject=_("Your link to sign in"),
        paragraphs=(
            _("The button below signs you in as %(name)s.", name=who) if who else _("The button below signs you in."),
            *several,
            *bought,
            _("It works once, until %(time)s.", time=_moment(expires_at)),
        ),
        button=Button(_("Sign in"), url),
        small_print=(_("If you did not ask for it, do nothing: without this e-mail nobody is signed in."),),
    )


def password_changed(*, at: datetime, forgot_url: str) -> Letter:
    """Tell somebody that their password is another one now."""
    return Letter(
        kind="password_changed",
        subject=_("Your password was changed"),
        paragraphs=(
            _(
                "Your password for Amends was changed on %(time)s. You are signed out everywhere.",
                time=_moment(at),
            ),
            _("If it was you, there is nothing to do."),
        ),
        button=Button(_("It was not me"), forgot_url),
        small_print=(_("The button leads to where you choose a new password, which signs everybody else out."),),
    )  # fmt: skip


def invitation(*, inviter: str, account: str, role: Any, url: str, expires_at: datetime) -> Letter:
    """Invite somebody to an account's team; `role` are words for it."""
    return Letter(
        kind="invitation",
        subject=_("Join the team of %(account)s", account=account),
        paragraphs=(
            _(
                "%(inviter)s invites you to the team of %(account)s at Amends, where it answers its customers’ cases."
                " Your role would be: %(role)s.",
                inviter=inviter,
                account=account,
                role=str(role),
            ),
            _("The invitation is for this e-mail address alone and is valid until %(time)s.",
              time=_moment(expires_at)),
        ),
        button=Button(_("See the invitation"), url),
        small_print=(_("If you did not expect it, do nothing: nobody joins a team without agreeing."),),
    )  # fmt: skip


def staff_invitation(*, inviter: str, role: Any, url: str, expires_at: datetime) -> Letter:
    """Invite somebody to the platform's staff; `role` are words for it."""
    return Letter(
        kind="invitation",
        subject=_("Join the platform’s staff"),
        paragraphs=(
            _(
                "%(inviter)s invites you to the platform’s staff at Amends, which decides cases that customers and"
                " merchants cannot settle. Your role would be: %(role)s.",
                inviter=inviter,
                role=str(role),
            ),
            _("The invitation is for this e-mail address alone and is valid until %(time)s.",
              time=_moment(expires_at)),
        ),
        button=Button(_("See the invitation"), url),
        small_print=(_("If you did not expect it, do nothing: nobody joins without agreeing."),),
    )  # fmt: skip


def _moment(moment: datetime) -> str:
    """Write a time with its zone: a mail is read anywhere."""
    return f"{day_and_time(moment)} {current_reader().local(moment).tzname()}"
