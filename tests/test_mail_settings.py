"""The settings of mail: what stops the start, and with which words."""

import pytest

from amends.settings import InvalidSetting, load_settings, mail_route

SERVER = "smtp://mail.example"


def test_without_a_server_nothing_is_needed() -> None:
    assert mail_route(load_settings({"AMENDS_MAIL_FROM": "no-reply@mail.example"})) is None


@pytest.mark.parametrize(
    ("url", "sender", "words"),
    [
        (SERVER, "", "AMENDS_MAIL_FROM is needed with AMENDS_SMTP_URL"),
        (SERVER, "Amends", "AMENDS_MAIL_FROM: not an e-mail address"),
        ("mail.example", "no-reply@mail.example", "AMENDS_SMTP_URL: write smtp://host or smtps://host"),
    ],
)
def test_what_stops_the_start(url: str, sender: str, words: str) -> None:
    with pytest.raises(InvalidSetting, match=words):
        load_settings({"AMENDS_SMTP_URL": url, "AMENDS_MAIL_FROM": sender})
