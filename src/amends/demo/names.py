"""Names of the demo's customers: several scripts and directions, short ones, a very long one."""

import random
import re
import unicodedata

import msgspec


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A customer, with an address on a domain that is reserved for examples."""

    name: str
    username: str
    email: str
    time_zone: str
    locale: str


class _Region(msgspec.Struct, frozen=True):
    locale: str
    zones: tuple[str, ...]
    weight: int
    given: str
    family: str
    family_first: bool = False
    separator: str = " "


_REGIONS = (
    _Region(
        "en",
        ("America/New_York", "America/Chicago", "America/Los_Angeles", "Europe/London", "Australia/Sydney"),
        46,
        "Olivia Emma Noah Ava Ethan Mia Lucas Grace Mason Chloe Logan Zoe Caleb Ruby Owen Ivy Miles Nora Jude Tessa"
        " Dylan Hazel Freya Amara Darius Imani Malik Connor Siobhan Angus Rhys Bronwen",
        "Bennett Walker Hughes Murphy Price Coleman Reed Hayes Brooks Sanders Griffin Dunn Shaw Pierce"
        " Adeyemi O'Connor MacLeod Whitaker Delgado Patel-Jones Thornbury",
    ),
    _Region(
        "fr",
        ("Europe/Paris", "America/Montreal", "Europe/Brussels"),
        12,
        "Léa Chloé Inès Zoé Manon Jules Hugo Théo Raphaël Maëlys Anaïs Loïc Gaël Éloïse Noémie Cédric",
        "Dubois Lefèvre Girard Moreau Fournier Mercier Garnier Chevalier Français Lemaître Saint-Exupéry Bélanger",
    ),
    _Region(
        "de",
        ("Europe/Berlin", "Europe/Vienna", "Europe/Zurich"),
        10,
        "Jürgen Anna Lukas Lena Jonas Käthe Björn Sophie Felix Mareike Götz Annika",
        "Müller Schröder Großmann Weiß König Bäcker Vogel Jäger Krüger Schäfer",
    ),
    _Region(
        "es",
        ("Europe/Madrid", "America/Mexico_City", "America/Bogota"),
        8,
        "Lucía Martín Sofía Mateo Valentina Íñigo Renata Joaquín Ximena Andrés",
        "García Núñez Ibáñez Muñoz Peña Castaño Ortega Jiménez Vélez",
    ),
    _Region(
        "ja",
        ("Asia/Tokyo",),
        9,
        "陽菜 蓮 結衣 大翔 葵 湊 さくら 悠真 美月 健太郎 楓 颯太",
        "田中 高橋 渡辺 伊藤 山本 中村 小林 加藤 吉田 佐々木",
        family_first=True,
    ),
    _Region(
        "ar",
        ("Asia/Kuwait", "Asia/Dubai", "Asia/Riyadh"),
        6,
        "محمد فاطمة نورة أحمد ليلى يوسف مريم عبدالله سارة خالد",
        "الصباح العتيبي المطيري الأنصاري حداد الكندري النجار",
    ),
    _Region(
        "he",
        ("Asia/Jerusalem",),
        2,
        "נועה דניאל תמר איתי יעל אורי",
        "לוי כהן מזרחי פרץ ביטון",
    ),
    _Region(
        "ru",
        ("Europe/Kyiv", "Asia/Almaty"),
        3,
        "Олена Тарас Айгерим Дмитрий Софія Николай",
        "Коваленко Шевченко Иванова Бондаренко Ахметова",
    ),
    _Region(
        "ko",
        ("Asia/Seoul",),
        4,
        "서연 민준 지우 하은 도윤",
        "김 이 박 최 정",
        family_first=True,
        separator="",
    ),
)

# People whom a layout has to bear: the longest, the shortest, one word, an emoji, marks that stack.
UNUSUAL = (
    ("Maximiliana-Theodora von und zu Hohenstein-Wolfenbüttel-Sayn-Wittgenstein", "de", "Europe/Berlin"),
    ("Bo", "en", "Europe/Stockholm"),
    ("王", "en", "Asia/Singapore"),
    ("Nguyễn Thị Phương Thảo", "en", "Asia/Ho_Chi_Minh"),
    ("✨ luna ✨", "en", "America/Los_Angeles"),
    ("Robert'); drop table students;--", "en", "Europe/London"),
    ("عائشة بنت عبد الرحمن بن محمد آل ثاني", "ar", "Asia/Qatar"),
    ("<b>Mallory</b>", "en", "America/Toronto"),
    ("=HYPERLINK(1+1)", "en", "America/Denver"),
)
_DOMAINS = ("example.com", "example.org", "example.net", "mail.example.com")


def people(rng: random.Random, count: int, *, ordinary: int) -> list[Person]:
    """Return `count` people with usernames of their own: some ordinary ones, the unusual, then ordinary ones again."""
    taken: set[str] = set()
    found = [_ordinary(rng, taken) for _ in range(ordinary)]
    found += [_person(rng, taken, *unusual) for unusual in UNUSUAL]
    found += [_ordinary(rng, taken) for _ in range(count - len(found))]
    return found


def _ordinary(rng: random.Random, taken: set[str]) -> Person:
    region = rng.choices(_REGIONS, [region.weight for region in _REGIONS])[0]
    return _person(rng, taken, _name(rng, region), region.locale, rng.choice(region.zones))


def _name(rng: random.Random, region: _Region) -> str:
    given, family = rng.choice(region.given.split()), rng.choice(region.family.split())
    parts = (family, given) if region.family_first else (given, family)
    return region.separator.join(parts)


def _person(rng: random.Random, taken: set[str], name: str, locale: str, zone: str) -> Person:
    username = _username(rng, taken, name)
    return Person(
        name=name,
        username=username,
        email=f"{username}@{rng.choice(_DOMAINS)}",
        time_zone=zone,
        locale=locale,
    )


def _username(rng: random.Random, taken: set[str], name: str) -> str:
    """Return a username of Latin letters; one made up where the name has none."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss").replace("ø", "o"))
    words = re.findall(r"[a-z]+", "".join(c for c in plain if not unicodedata.combining(c)).lower())
    stem = "".join(words)[:16] or rng.choice(
        ("hana", "kaze", "noor", "yuki", "amal", "sora", "tamar", "dasha", "minseo")
    )
    username = stem if len(stem) > 3 and stem not in taken else f"{stem}{rng.randrange(10, 9999)}"
    while username in taken:
        username = f"{stem}{rng.randrange(10, 99999)}"
    taken.add(username)
    return username
