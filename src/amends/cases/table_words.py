"""What the page of the table says besides its rows: its title, notices, how much it shows, and that it is empty."""

from amends.cases.states import Actor
from amends.cases.table_filters import Tab
from amends.cases.table_heads import notice_words, tab_word
from amends.cases.table_page import TablePageData
from amends.web.text import _, ngettext, number


def title_words(tab: Tab, viewer: Actor, view_name: str | None) -> str:
    """Return the page's title: the view's name, else the tab's."""
    name = view_name if view_name is not None else "" if tab is Tab.ALL else tab_word(tab, viewer)
    return f"{name} · {_('Resolution center')}" if name else _("Resolution center")


def notices_of(data: TablePageData) -> tuple[str, ...]:
    """Return what the page says above the table, each sentence once."""
    words = [notice_words(notice) for notice in data.notices]
    if data.is_search_capped:
        words.append(_("The search found more than can be shown. Write more of what you look for."))
    return tuple(dict.fromkeys(words))


def shown_words(rows: int, total: str) -> str:
    """Return how many cases the page shows; of how many, where that is counted."""
    if not total:
        return ngettext("%(n)s case", "%(n)s cases", rows)
    return _("%(rows)s of %(total)s cases", rows=number(rows), total=total)


def empty_words(tab: Tab, viewer: Actor) -> tuple[str, str]:
    """Return what a tab without cases says: a title, and a sentence."""
    title, text = _("No cases here"), _("Cases appear here as soon as there are any.")
    match tab:
        case Tab.YOUR_TURN if viewer is Actor.MERCHANT:
            title, text = _("Nothing waits for you"), _("You have answered every case. New ones appear here at once.")
        case Tab.AWAITING_CUSTOMER:
            text = _("No customer owes you an answer at the moment.")
        case Tab.UNDER_REVIEW:
            text = _("The platform has no case of this account to decide.")
        case Tab.CLOSED:
            text = _("Cases appear here once they are decided, settled or withdrawn.")
        case _:
            pass
    return title, text
