"""The settings, from AMENDS_* environment variables. Each is documented in docs/reference/settings.md."""

import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec

from amends.kit.clock import Clock, OffsetClock, SystemClock
from amends.kit.smtp import Mailbox, NotAnAddress, SmtpServer, parse_sender, parse_smtp_url

PREFIX = "AMENDS_"


class InvalidSetting(ValueError):
    """A variable that cannot be understood; the message names it and says what it takes."""


class TokenIssuer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A host platform whose signed tokens tell who a user is (JWT, ES256 or RS256)."""

    issuer: str
    audience: str
    jwks_url: str | None = None
    jwks: dict[str, Any] | None = None
    algorithms: tuple[Literal["ES256", "RS256"], ...] = ("ES256", "RS256")


class OidcSettings(msgspec.Struct, frozen=True):
    """The identity provider of the staff."""

    issuer: str
    client_id: str
    client_secret: str
    name: str
    domains: tuple[str, ...]
    """Domains of e-mail addresses that are let in; none: all."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that can be set from outside."""

    database_url: str | None = None
    """PostgreSQL ≥ 15 as the application's role; none: the embedded server under `data_dir`."""
    migrate_url: str | None = None
    """The same database as the role that owns it; none: `database_url`."""
    data_dir: Path = Path("var")
    """Where the embedded server and the local file store keep their data, and the generated secret."""
    base_url: str = "http://127.0.0.1:8000"
    """The address that people and clients reach; links and upload addresses begin with it."""
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    """Web processes."""
    database_pool_size: int = 10
    """Connections of one process."""
    secret_key: str | None = None
    """At least 32 characters; signs cursors, file addresses and digests. None: made once under `data_dir`."""
    rate_limit_per_minute: int = 600
    """Requests for an operation and credential."""
    credential_memory_s: int = 5
    """How long a process may remember a recognised credential: revocation takes effect within it. 0: not at all."""
    stream_check_s: float = 30
    """How often an open stream looks whether its caller may still listen, and whether it missed anything."""
    clock_offset_s: int = 0
    """Moves the clock of every process: demonstrations only."""
    file_store_url: str | None = None
    """An s3://, gs://, az:// or file:// address; none: `data_dir`/files."""
    token_issuers: tuple[TokenIssuer, ...] = ()
    """JSON list of {issuer, audience, jwks_url | jwks, algorithms}."""
    oidc_issuer: str | None = None
    """The staff's identity provider (OpenID Connect); none: staff signs in here alone."""
    oidc_client_id: str | None = None
    """What the provider calls this installation."""
    oidc_client_secret: str | None = None
    """The provider's secret for it."""
    oidc_name: str = "your company account"
    """What the button says: Sign in with …"""
    oidc_domains: tuple[str, ...] = ()
    """JSON list of domains of e-mail addresses that come in by the provider; none: all."""
    embed_parents: tuple[str, ...] = ()
    """JSON list of the origins whose pages may show the customers' pages in a frame; none: nobody's may."""
    insecure_single_role: bool = False
    """Start although the database role could rewrite the timeline."""
    development: bool = False
    """Shows /_components, offers languages to test layouts with, and reads built assets anew for each page."""
    outbox: bool = False
    """Shows everybody the mails that wait to be sent at /_outbox: demonstrations only, for their links sign in."""
    smtp_url: str | None = None
    """The mail server; none: mails are written and wait, and nothing is sent."""
    mail_from: str | None = None
    """Whom mails are from: `Amends <no-reply@example.com>`."""
    support_url: str | None = None
    """Where people find more help: an address that begins with https:, http: or mailto:. On every page and e-mail."""
    support_text: str | None = None
    """What is said with it; none: "Looking for more help?"."""
    log_format: Literal["json", "text"] = "json"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def files_url(self) -> str:
        """Return where files are stored."""
        return self.file_store_url or f"file://{(self.data_dir / 'files').resolve()}"


_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings.

    Raises:
        InvalidSetting: an unknown AMENDS_* variable or a value that cannot be understood.
    """
    fields = {field.name: field for field in msgspec.structs.fields(Settings)}
    given: dict[str, Any] = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or not text:
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name not in fields:
            raise InvalidSetting(f"{variable} is not a setting. docs/reference/settings.md lists them.")
        given[name] = _read(variable, text, fields[name].type)
    _check_support(given.get("support_url"))
    _check_parents(given.get("embed_parents", ()))
    settings = Settings(**given)
    mail_route(settings)
    return settings


def _check_support(url: str | None) -> None:
    """Refuse an address for help that a browser would not follow.

    Raises:
        InvalidSetting: it begins with something else than https:, http: or mailto:.
    """
    if url is not None and not url.startswith(("https://", "http://", "mailto:")):
        raise InvalidSetting("AMENDS_SUPPORT_URL: begin it with https://, http:// or mailto:.")


_ORIGIN = re.compile(r"https://[a-z0-9.-]+(:[0-9]{1,5})?|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?")

_LOOPBACK = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?(/|$)")


def _check_parents(origins: tuple[str, ...]) -> None:
    """Refuse what is no origin of a site that may be trusted with a frame.

    Raises:
        InvalidSetting: not https (http on loopback), with a path, or with a wildcard.
    """
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise InvalidSetting(f"AMENDS_EMBED_PARENTS: write an origin such as https://shop.example, not {origin!r}.")


def oidc_settings(settings: Settings) -> OidcSettings | None:
    """Return the identity provider; None: there is none.

    Raises:
        InvalidSetting: something of it is missing, or its address is not https (http on loopback).
    """
    if settings.oidc_issuer is None:
        return None
    if not settings.oidc_issuer.startswith("https://") and not _LOOPBACK.match(settings.oidc_issuer):
        raise InvalidSetting("AMENDS_OIDC_ISSUER: begin it with https://.")
    if not settings.oidc_client_id or not settings.oidc_client_secret:
        raise InvalidSetting("AMENDS_OIDC_CLIENT_ID and AMENDS_OIDC_CLIENT_SECRET are needed with AMENDS_OIDC_ISSUER.")
    return OidcSettings(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret,
        settings.oidc_name,
        settings.oidc_domains,
    )


class MailRoute(msgspec.Struct, frozen=True):
    """Where mails are handed over, and whom they are from."""

    server: SmtpServer
    sender: Mailbox


def mail_route(settings: Settings) -> MailRoute | None:
    """Return how mails leave; None: they do not.

    Raises:
        InvalidSetting: an address cannot be understood, or is missing.
    """
    if settings.smtp_url is None:
        return None
    if settings.mail_from is None:
        raise InvalidSetting("AMENDS_MAIL_FROM is needed with AMENDS_SMTP_URL: Amends <no-reply@example.com>")
    try:
        server = parse_smtp_url(settings.smtp_url)
    except NotAnAddress as problem:
        raise InvalidSetting(f"AMENDS_SMTP_URL: {problem}.") from problem
    try:
        return MailRoute(server, parse_sender(settings.mail_from))
    except NotAnAddress as problem:
        raise InvalidSetting(f"AMENDS_MAIL_FROM: {problem}.") from problem


def _read(variable: str, text: str, kind: Any) -> Any:
    try:
        if kind is bool:
            return _read_flag(text)
        if kind is Path:
            return Path(text)
        if text[0] in "[{":
            return msgspec.json.decode(text, type=kind)
        return msgspec.convert(text, kind, strict=False)
    except (msgspec.MsgspecError, ValueError) as error:
        raise InvalidSetting(f"{variable}: {error}") from error


def _read_flag(text: str) -> bool:
    if text.lower() in _TRUE | _FALSE:
        return text.lower() in _TRUE
    raise ValueError("say true or false")


def clock_of(settings: Settings) -> Clock:
    """Return the clock that the settings ask for."""
    if settings.clock_offset_s:
        return OffsetClock(timedelta(seconds=settings.clock_offset_s))
    return SystemClock()


def secret_key(settings: Settings) -> bytes:
    """Return the signing secret, making it under `data_dir` at the first need."""
    if settings.secret_key is not None:
        if len(settings.secret_key) < 32:
            raise InvalidSetting("AMENDS_SECRET_KEY needs at least 32 characters.")
        return settings.secret_key.encode()
    path = settings.data_dir / "secret_key"
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x") as file:
            path.chmod(0o600)
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text().encode()
