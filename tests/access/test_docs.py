"""docs/reference/access.md says what the code holds."""

import re
from pathlib import Path

from amends.access.guesses import CODES_OF_USER, PASSWORDS_FROM_IP, PASSWORDS_OF_ADDRESS, TOKENS_PER_WINDOW
from amends.access.permissions import (
    ALL_PERMISSIONS,
    CUSTOMER_PERMISSIONS,
    PLATFORM_ONLY,
    ROLE_PERMISSIONS,
    STAFF_PERMISSIONS,
)

PAGE = (Path(__file__).parents[2] / "docs/reference/access.md").read_text()


def test_scopes() -> None:
    rows = re.findall(r"^\| `([a-z_:]+)` \| (yes|platform only) \| (yes)? ?\|$", PAGE, re.MULTILINE)
    assert {row[0] for row in rows} == ALL_PERMISSIONS
    assert {row[0] for row in rows if row[1] == "platform only"} == PLATFORM_ONLY
    assert {row[0] for row in rows if row[2]} == CUSTOMER_PERMISSIONS


def test_roles() -> None:
    shown: dict[str, set[str]] = {}
    for side, role, words in re.findall(r"^\| (account|platform): `(\w+)` \| (.*) \|$", PAGE, re.MULTILINE):
        base = re.search(r"those of `(\w+)`", words)
        own = set(re.findall(r"`([a-z_]+:[a-z_:]+)`", words))
        shown[f"{side}:{role}"] = own | (shown[f"account:{base[1]}"] if base else set())
        if words == "every scope":
            shown[f"{side}:{role}"] = set(ALL_PERMISSIONS)
    assert shown == {
        **{f"account:{role}": set(held) for role, held in ROLE_PERMISSIONS.items()},
        **{f"platform:{role}": set(held) for role, held in STAFF_PERMISSIONS.items()},
    }


def test_numbers() -> None:
    assert f"Wrong tokens: {TOKENS_PER_WINDOW} a minute" in PAGE
    passwords, addresses, codes = PASSWORDS_OF_ADDRESS.tries, PASSWORDS_FROM_IP.tries, CODES_OF_USER.tries
    assert f"Wrong passwords: {passwords} for an e-mail address and {addresses} from an IP address" in PAGE
    assert f"wrong codes of a second step: {codes} for a person" in PAGE
