"""How mail servers and addresses are written down."""

from pathlib import Path

import pytest

from amends.kit.smtp import Mailbox, NotAnAddress, SmtpServer, Tls, mailbox, parse_sender, parse_smtp_url


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", SmtpServer(host="mail.example", port=587, tls=Tls.IF_OFFERED)),
        ("smtps://mail.example", SmtpServer(host="mail.example", port=465, tls=Tls.AT_ONCE)),
        (
            "smtp://me%40x:p%2Fw@mail.example:25",
            SmtpServer(host="mail.example", port=25, tls=Tls.REQUIRED, username="me@x", password="p/w"),
        ),
        (
            "smtp://[::1]:25?starttls=never&timeout=5&ca_file=/etc/ca.pem",
            SmtpServer(host="::1", port=25, tls=Tls.NEVER, timeout_s=5, ca_file=Path("/etc/ca.pem")),
        ),
    ],
)
def test_a_server(url: str, server: SmtpServer) -> None:
    assert parse_smtp_url(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://mail.example:port",
        "smtp://mail.example?starttls=maybe",
        "smtp://mail.example?timeout=0",
        "smtp://mail.example?timeout=many",
        "smtp://mail.example?timeout=600",
        "smtp://mail.example?tls=on",
    ],
)
def test_what_is_no_server(url: str) -> None:
    with pytest.raises(NotAnAddress):
        parse_smtp_url(url)


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(parse_smtp_url("smtp://me:secret@mail.example"))


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("Amends <no-reply@mail.example>", Mailbox("Amends", "no-reply", "mail.example")),
        ('"Amends, Inc." <no-reply@mail.example>', Mailbox("Amends, Inc.", "no-reply", "mail.example")),
        ("no-reply@mail.example", Mailbox("", "no-reply", "mail.example")),
    ],
)
def test_a_sender(text: str, box: Mailbox) -> None:
    assert parse_sender(text) == box


@pytest.mark.parametrize("text", ["", "Amends", "Amends <no-reply>", "Amends <a@b.example", "<a@b.example> Amends"])
def test_what_is_no_sender(text: str) -> None:
    with pytest.raises(NotAnAddress):
        parse_sender(text)


def test_a_domain_becomes_the_networks() -> None:
    assert mailbox(None, "ada@Bücher.example").address == "ada@xn--bcher-kva.example"
    assert mailbox(None, "ada@faß.example").address == "ada@xn--fa-hia.example"  # IDNA 2008, not 2003


@pytest.mark.parametrize(
    "address",
    ["a\r\nb@example.com", "a@exam\nple.com", "a b@example.com", "a@", "@b.example", "a@b@c.example", "a@-b.example"],
)
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(NotAnAddress):
        mailbox(None, address)


def test_nothing_in_a_name_can_become_a_header() -> None:
    assert mailbox("Ada\r\nBcc: x@y.example\x00\u2028", "a@b.example").name == "Ada Bcc: x@y.example"
