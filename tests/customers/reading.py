"""How tests read the customer's pages: the words of a part, without its marks."""

import re

_TAG = re.compile(r"<[^>]+>")


def words_of(html: str) -> str:
    """Return what stands in HTML, without tags and runs of blanks."""
    return " ".join(_TAG.sub(" ", html).split())


def pids_of(page: str) -> list[str]:
    """Return the payments that the purchases page shows, in their order."""
    return re.findall(r'data-purchase="(pay_\w+)"', page)


def line_of(page: str, payment_pid: str) -> str:
    """Return the words of one purchase."""
    return words_of(page.split(f'data-purchase="{payment_pid}"', 1)[1].split("</li>", 1)[0])
