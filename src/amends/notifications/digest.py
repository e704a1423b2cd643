"""The daily digest of a team: what came in, what was closed and refunded, and what waits, the most urgent first.

It comes in the reader's own morning, once a day for each account; when there is nothing to say, it does not come.
"""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from amends.cases.page_text import plain_name
from amends.db.pool import Connection
from amends.notifications.commands import queue_mail
from amends.notifications.commands_digest import name_digest, take_morning
from amends.notifications.kinds import NoticeKind
from amends.notifications.mails import About, Button, Fact, Letter
from amends.notifications.queries_digest import Figures, Reader, WaitingCase, read_figures
from amends.notifications.story import capital, moment
from amends.web import urls
from amends.web.readers import absent_reader
from amends.web.text import _, money, ngettext

MORNING: Final = 8
NOON: Final = 12
"""A worker that was away in the morning still sends it before noon; later, the next day tells of both."""
DAY: Final = timedelta(days=1)
LONGEST: Final = timedelta(days=7)
REFUND_TAKES: Final = timedelta(days=30)
"""Refunds that took longer to succeed are not in the digest."""


def is_morning(reader: Reader, now: datetime) -> bool:
    """Tell whether a digest may come now: it is a new day's morning where its reader is."""
    local = now.astimezone(_zone(reader, now))
    return MORNING <= local.hour < NOON and (reader.day is None or reader.day < local.date())


def _zone(reader: Reader, now: datetime) -> ZoneInfo:
    return absent_reader(reader.receiver.locale, reader.receiver.time_zone, now).time_zone


async def send_digest(connection: Connection, reader: Reader, *, base_url: str, now: datetime) -> bool:
    """Queue a person's digest of today, if it is time and there is something to say."""
    day = now.astimezone(_zone(reader, now)).date()
    if not is_morning(reader, now):
        return False
    if not await take_morning(connection, reader.user_id, reader.account_id, day=day, now=now):
        return False
    since = max(reader.until or now - DAY, now - LONGEST)
    figures = await read_figures(connection, reader.account_id, since=since, now=now, refunds_from=since - REFUND_TAKES)
    if not figures.say_something:
        return False
    mail_id = await queue_mail(
        connection,
        reader.receiver,
        lambda: digest_letter(reader, figures, since=since, base_url=base_url),
        now=now,
        about=About(user_id=reader.user_id, account_id=reader.account_id),
        unsubscribe=NoticeKind.DIGEST,
    )
    if mail_id is not None:
        await name_digest(connection, reader.user_id, reader.account_id, mail_id)
    return mail_id is not None


def digest_letter(reader: Reader, figures: Figures, *, since: datetime, base_url: str) -> Letter:
    """Write a digest."""
    account = plain_name(reader.title)
    news = _news(figures)
    return Letter(
        kind="digest",
        subject=_subject(figures, account),
        paragraphs=(
            _("Since %(time)s at %(account)s: %(news)s.", time=moment(since), account=account, news=news)
            if news
            else _("Nothing new at %(account)s since %(time)s.", time=moment(since), account=account),
            _("This waits for your team, the most urgent first:")
            if figures.waiting
            else _("Nothing waits for your team."),
        ),
        facts=tuple(_fact(case) for case in figures.urgent),
        button=Button(_("See all cases"), base_url + urls.table_url(reader.account_pid)),
        small_print=_more(figures),
    )


def _subject(figures: Figures, account: str) -> str:
    if not figures.waiting:
        return _("%(account)s: your cases since yesterday", account=account)
    return ngettext(
        "%(account)s: %(n)s case waits for you", "%(account)s: %(n)s cases wait for you", figures.waiting,
        account=account,
    )  # fmt: skip


def _news(figures: Figures) -> str:
    refunded = [money(one.minor, one.currency, one.places) for one in figures.refunded]
    parts = [
        ngettext("%(n)s new case", "%(n)s new cases", figures.opened) if figures.opened else "",
        ngettext("%(n)s closed", "%(n)s closed", figures.closed) if figures.closed else "",
        _("%(amounts)s refunded", amounts=" + ".join(refunded)) if refunded else "",
    ]
    return " · ".join(filter(None, parts))


def _fact(case: WaitingCase) -> Fact:
    name = case.name or (f"@{case.username}" if case.username else _("the customer"))
    amount = money(case.amount_minor, case.currency, case.places)
    bought = f"{plain_name(case.product)}, {amount}" if case.product else amount
    return Fact(moment(case.due_at), f"{capital(plain_name(name))} · {bought}")


def _more(figures: Figures) -> tuple[str, ...]:
    rest = figures.waiting - len(figures.urgent)
    return (ngettext("And %(n)s more.", "And %(n)s more.", rest),) if rest > 0 else ()
