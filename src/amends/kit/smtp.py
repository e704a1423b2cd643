"""How a mail server and a sender are written down: `smtp://user:password@host:587?starttls=required`, `Name <a@b.c>`.

Query parameters: `starttls` (required, if_offered, never), `timeout` in seconds, `ca_file` to trust besides none other.
A password never goes over a connection in the clear unless `starttls=never` says so.
"""

from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import idna
import msgspec

_PORTS: Final = {"smtp": 587, "smtps": 465}
_KNOWN: Final = frozenset({"starttls", "timeout", "ca_file"})
_PARTS: Final = 2
TIMEOUT_S: Final = 30.0


class NotAnAddress(ValueError):
    """The text is no address of a mail server, or no e-mail address; the message says what is wrong with it."""


class Tls(StrEnum):
    """When a connection is encrypted."""

    AT_ONCE = "at_once"
    REQUIRED = "required"
    IF_OFFERED = "if_offered"
    NEVER = "never"


class SmtpServer(msgspec.Struct, frozen=True, kw_only=True):
    """Where mails are handed over."""

    host: str
    port: int
    tls: Tls
    username: str | None = None
    password: str | None = None
    timeout_s: float = TIMEOUT_S
    """For connecting, and for each answer."""
    ca_file: Path | None = None

    def __repr__(self) -> str:
        """Name the server without its password."""
        return f"SmtpServer({self.host}:{self.port})"


class Mailbox(msgspec.Struct, frozen=True):
    """An e-mail address, its domain as the network has it, and the name that is shown with it."""

    name: str
    local: str
    domain: str

    @property
    def address(self) -> str:
        """Return the address as it is given to a mail server."""
        return f"{self.local}@{self.domain}"


def parse_smtp_url(url: str) -> SmtpServer:
    """Read the address of a mail server.

    Raises:
        NotAnAddress: see there.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise NotAnAddress("write smtp://host or smtps://host")
    options = dict(parse_qsl(parts.query))
    if unknown := sorted(set(options) - _KNOWN):
        raise NotAnAddress(f"`{unknown[0]}` is not an option; there are starttls, timeout and ca_file")
    try:
        return SmtpServer(
            host=parts.hostname,
            port=parts.port or _PORTS[parts.scheme],
            tls=_tls(parts, options.get("starttls")),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            timeout_s=_seconds(options.get("timeout")),
            ca_file=Path(options["ca_file"]) if "ca_file" in options else None,
        )
    except ValueError as problem:
        raise NotAnAddress(str(problem)) from problem


def _tls(parts: SplitResult, starttls: str | None) -> Tls:
    if parts.scheme == "smtps":
        return Tls.AT_ONCE
    if starttls is None:
        return Tls.REQUIRED if parts.password else Tls.IF_OFFERED
    if starttls not in {Tls.REQUIRED, Tls.IF_OFFERED, Tls.NEVER}:
        raise NotAnAddress("starttls is required, if_offered or never")
    return Tls(starttls)


def _seconds(text: str | None) -> float:
    seconds = TIMEOUT_S if text is None else float(text)
    if not 0 < seconds <= TIMEOUT_S * 2:
        raise NotAnAddress("timeout is a number of seconds, at most 60")
    return seconds


def parse_sender(text: str) -> Mailbox:
    """Read `Name <address>`, or an address alone.

    Raises:
        NotAnAddress: see there.
    """
    name, bracket, address = text.rpartition("<")
    if not bracket:
        return mailbox("", text)
    if not address.endswith(">"):
        raise NotAnAddress("write it like this: Amends <no-reply@example.com>")
    return mailbox(name.strip().strip('"'), address[:-1])


def mailbox(name: str | None, address: str) -> Mailbox:
    """Return an address with the name of who has it; a domain in any script becomes the one of the network (IDNA 2008).

    Control characters and line breaks vanish from the name: nothing in it can become a header.

    Raises:
        NotAnAddress: the address cannot be one.
    """
    halves = address.strip().rsplit("@", 1)
    if len(halves) < _PARTS or not all(halves):
        raise NotAnAddress("not an e-mail address")
    local, domain = halves
    if not local.isprintable() or any(character in ' "(),:;<>@[\\]' for character in local):
        raise NotAnAddress("not an e-mail address")
    try:
        domain = idna.encode(domain, uts46=True).decode()
    except idna.IDNAError as problem:
        raise NotAnAddress("not an e-mail address: the domain cannot be one") from problem
    return Mailbox(_shown(name or ""), local, domain)


def _shown(name: str) -> str:
    return " ".join("".join(one if one.isprintable() else " " for one in name).split())[:200]
