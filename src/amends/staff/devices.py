"""A browser in words, from what it says about itself: `Safari on iPhone`. A guess, good enough to know one's own."""

from typing import Final

from amends.web.text import _

_BROWSERS: Final = (
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_HANDHELD: Final = ("iPhone", "iPad", "Android")


def device_words(user_agent: str | None) -> str:
    """Return the browser and its system in words."""
    browser, system = _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or _("A program")


def is_handheld(user_agent: str | None) -> bool:
    """Tell whether it is a phone or a tablet."""
    return any(word in (user_agent or "") for word in _HANDHELD)


def _first(marks: tuple[tuple[str, str], ...], user_agent: str | None) -> str | None:
    return next((name for mark, name in marks if mark in (user_agent or "")), None)
