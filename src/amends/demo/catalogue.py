"""What the demo's three accounts sell, as data."""

from enum import StrEnum

import msgspec


class Form(StrEnum):
    """What a product is, as far as people's words depend on it."""

    LESSONS = "lessons"
    FILES = "files"
    ROOM = "room"
    """A community, a briefing: something that goes on."""
    SERVICE = "service"
    """Somebody's time."""
    SOFTWARE = "software"
    PRINT = "print"
    """The only thing that a courier brings."""


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A product with its one plan. `price_minor` is in minor units of `currency`."""

    key: str
    title: str
    currency: str
    price_minor: int
    plan: str
    period_days: int | None = None
    """Days between renewals; None: bought once."""
    cancel_before_hours: int | None = None
    popularity: int = 3
    withdrawal_right: bool = False
    """The platform has switched the right of withdrawal on."""

    @property
    def form(self) -> Form:
        """Return what it is."""
        return next((form for form, keys in FORMS.items() if self.key in keys.split()), Form.LESSONS)

    @property
    def renews(self) -> bool:
        return self.period_days is not None


FORMS = {
    Form.ROOM: "inner-circle inner-circle-year options-room picks uk-room copywriters critique signals signals-year"
    " jp-room gulf",
    Form.SERVICE: "resume call",
    Form.FILES: "library presets-club luts brushes fonts mockups templates kwd-pdf figures sixty",
    Form.SOFTWARE: "interview api indicator bot theme",
    Form.PRINT: "print",
}
"""Products by what they are; the others are lessons."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A merchant. Team: (role, name); the first is the owner."""

    key: str
    title: str
    currency: str
    time_zone: str
    team: tuple[tuple[str, str], ...]
    share: int
    """Of a hundred cases, how many are here."""
    trade: int
    """Of a hundred ordinary customers, how many are here."""
    products: tuple[Product, ...]
    support_limits: dict[str, int] = {}


def _monthly(key: str, title: str, currency: str, price: int, *, notice: int | None = None, n: int = 3) -> Product:
    return Product(
        key=key,
        title=title,
        currency=currency,
        price_minor=price,
        plan="Monthly",
        period_days=30,
        cancel_before_hours=notice,
        popularity=n,
    )


def _yearly(key: str, title: str, currency: str, price: int, *, notice: int | None = None, n: int = 1) -> Product:
    return Product(
        key=key,
        title=title,
        currency=currency,
        price_minor=price,
        plan="Yearly",
        period_days=365,
        cancel_before_hours=notice,
        popularity=n,
    )


def _once(key: str, title: str, currency: str, price: int, *, n: int = 2, withdrawal: bool = False) -> Product:
    return Product(
        key=key,
        title=title,
        currency=currency,
        price_minor=price,
        plan="One-time",
        popularity=n,
        withdrawal_right=withdrawal,
    )


NORTHBEAM = Account(
    key="northbeam",
    title="Northbeam Academy",
    currency="usd",
    time_zone="America/New_York",
    team=(("owner", "Avery Collins"), ("admin", "Jordan Ellis"), ("support", "Sam Okafor"), ("viewer", "Riley Chen")),
    support_limits={"usd": 10_000, "gbp": 8_000},
    share=50,
    trade=54,
    products=(
        _monthly("inner-circle", "Northbeam Inner Circle", "usd", 4900, notice=24, n=9),
        _monthly("options-room", "Options Trading Room", "usd", 9900, notice=48, n=6),
        _monthly("fit", "Northbeam Fit: weekly plans and live classes", "usd", 1999, notice=24, n=6),
        _monthly("copywriters", "The Copywriters' Guild", "usd", 3900, n=4),
        _monthly("picks", "Sunday Picks", "usd", 2500, notice=24, n=4),
        _monthly("uk-room", "London Open: UK equities room", "gbp", 5900, notice=48, n=4),
        _yearly("inner-circle-year", "Northbeam Inner Circle, yearly", "usd", 49000, notice=72),
        _yearly("library", "The Northbeam Library", "usd", 19900),
        _once("agency", "Build an Agency in 90 Days", "usd", 49700),
        _once("ads", "Paid Ads from Zero", "usd", 14900),
        _once("excel", "Excel for People Who Hate Excel", "usd", 2900, n=4),
        _once("resume", "Resume Review, 48 Hours", "usd", 7900),
        _once("call", "One-to-one Strategy Call (60 minutes)", "usd", 25000, n=1),
        _once("summit", "Northbeam Summit: online ticket with recordings", "usd", 12900),
        _once("interview", "Interview Simulator", "gbp", 3400),
        # Sixty letters: what a layout has to bear.
        _once("sixty", "The Complete Practical Guide to Reselling Sneakers Worldwide", "usd", 8900),
    ),
)

LUMIERE = Account(
    key="lumiere",
    title="Atelier Lumière",
    currency="eur",
    time_zone="Europe/Paris",
    team=(("owner", "Camille Rousseau"), ("support", "Théo Marchand"), ("admin", "Ingrid Søndergaard")),
    support_limits={"eur": 15_000},
    share=30,
    trade=20,
    products=(
        _monthly("studio", "Studio Pass", "eur", 2900, notice=24, n=7),
        _monthly("presets-club", "Preset Club", "eur", 1200, n=6),
        _monthly("critique", "Critique Circle, un atelier par semaine", "eur", 5900, notice=48, n=3),
        _yearly("studio-year", "Studio Pass, annuel", "eur", 29000, notice=72),
        _once("lightroom", "Lightroom: Portraits en lumière naturelle", "eur", 8900, withdrawal=True),
        _once("luts", "35 Cinematic LUTs", "eur", 4500, n=4),
        _once("brushes", "Aquarelle: 120 Procreate brushes", "eur", 1900, n=4, withdrawal=True),
        _once("fonts", "Font family “Rivière” (desktop + web)", "eur", 12000, n=1),
        _once("mockups", "Packaging Mockups, volume 3", "eur", 3600),
        _once("course-de", "Fotografie für Einsteiger: Größe, Schärfe, Übung", "eur", 14900, withdrawal=True),
        _once("print", "Fine art print, 40 × 60 cm", "gbp", 11500),
        _once("templates", "Notion templates for studios", "gbp", 2400),
    ),
)

KAZE = Account(
    key="kaze",
    title="風 Kaze Labs",
    currency="jpy",
    time_zone="Asia/Tokyo",
    team=(("owner", "佐藤 美咲"), ("admin", "Noura Al-Sabah"), ("support", "鈴木 健太")),
    support_limits={"jpy": 20_000, "kwd": 30_000, "usd": 10_000},
    share=20,
    trade=26,
    products=(
        _monthly("signals", "Kaze Signals", "jpy", 4980, notice=24, n=6),
        _monthly("jp-room", "日本語学習ルーム", "jpy", 2980, n=5),
        _monthly("gulf", "Gulf Markets Briefing | موجز أسواق الخليج", "kwd", 14500, notice=48, n=4),
        _monthly("api", "Kaze API, Builder tier", "usd", 2900, n=3),
        _yearly("signals-year", "Kaze Signals 年間プラン", "jpy", 49800, notice=72),
        _once("indicator", "Kumo Indicator Pack", "jpy", 12800),
        _once("bot", "Grid Bot license", "usd", 19900),
        _once("jlpt", "JLPT N3 合格コース", "jpy", 24800),
        _once("arabic", "دورة التحليل الفني للمبتدئين", "kwd", 45250),
        _once("kwd-pdf", "Zakat and Investing, a handbook (PDF)", "kwd", 3750),
        _once("figures", "3D print files: tea ceremony set", "jpy", 1800, n=3),
        _once("theme", "Terminal theme bundle", "usd", 900, n=3),
    ),
)

ACCOUNTS = (NORTHBEAM, LUMIERE, KAZE)
STAFF = (("admin", "Morgan Reyes"), ("reviewer", "Priya Raman"), ("reviewer", "Lukas Brandt"), ("reviewer", "Hana Kim"))
