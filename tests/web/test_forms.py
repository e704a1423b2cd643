"""Forms, as browsers send them."""

from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar, post

from amends.web.forms import read_form
from amends.web.layout import AnyRequest


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A form with every kind of field."""

    message: str
    days: int = 7
    remedy: str | None = None
    end_membership: bool = False
    cases: tuple[str, ...] = ()


@post("/form", status_code=200)
async def form(request: AnyRequest) -> dict[str, Any]:
    """Say what was read."""
    filled = await read_form(request, Offer)
    value = None if filled.value is None else msgspec.structs.asdict(filled.value)
    return {
        "value": value,
        "errors": dict(filled.errors),
        "typed": dict(filled.typed),
        "files": {name: [file.filename for file in files] for name, files in filled.files.items()},
    }


async def send(data: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Send the form."""
    app: Any = Litestar([form], logging_config=None)  # else it would set up logging for the whole process
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://form") as http:
        answer = await http.post("/form", data=data, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_form_becomes_a_value() -> None:
    sent = await send({"message": "  Sorry!\r\nReally. ", "days": "3", "end_membership": "1", "cases": ["a", "b"]})
    assert sent["value"] == {
        "message": "Sorry!\nReally.",
        "days": 3,
        "remedy": None,
        "end_membership": True,
        "cases": ["a", "b"],
    }


async def test_what_is_left_empty_has_its_default() -> None:
    sent = await send({"message": "Hi", "days": "", "remedy": " ", "unknown": "field"})
    assert sent["value"] == {"message": "Hi", "days": 7, "remedy": None, "end_membership": False, "cases": []}


@pytest.mark.parametrize(
    ("data", "errors"),
    [
        ({}, {"message": "This is needed."}),
        ({"message": "   "}, {"message": "This is needed."}),
        ({"message": "Hi", "days": "soon"}, {"days": "Write a number."}),
        ({"message": "a\x00b"}, {"message": "This holds a character that cannot be stored."}),
    ],
)
async def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    data: dict[str, str], errors: dict[str, str]
) -> None:
    sent = await send(data | {"remedy": "A month free"})
    assert sent["value"] is None
    assert sent["errors"] == errors
    assert sent["typed"]["remedy"] == "A month free"


async def test_files_stand_apart_and_empty_file_fields_are_none() -> None:
    sent = await send(
        {"message": "See the picture"},
        files=[("files", ("one.png", b"1", "image/png")), ("files", ("", b"", "application/octet-stream"))],
    )
    assert sent["value"]["message"] == "See the picture"
    assert sent["files"] == {"files": ["one.png"]}
