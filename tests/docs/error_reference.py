"""Writes docs/reference/errors.md from the source: every code that is raised, its status and its message.

`python -m tests.docs.error_reference` writes it anew; a test holds the page to the source.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from amends.kit import errors

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs/reference/errors.md"

STATUSES: Final = {
    name: thing.status
    for name, thing in vars(errors).items()
    if isinstance(thing, type) and issubclass(thing, errors.ApiError)
} | {"ActionNotAllowed": 409, "Guard": 409, "ActorNotAllowed": 403, "CaseChanged": 409, "MoveInvalid": 422}

HEAD: Final = """\
# Errors

Every answer that is not a success has one shape:

```json
{"error": {"type": "conflict", "code": "case_closed", "message": "…", "param": "…", "details": {}}}
```

`type` follows from the status, `code` is stable and meant for programs, `message` is meant for people and says what to
do, `param` names the field or parameter at fault. A 409 on a case has `details.available_actions`: what would work now.
A 429 has `Retry-After`. An id that is unknown, malformed or somebody else's is always the same 404.

| status | type | meaning |
|---|---|---|
| 400 | `invalid_request` | malformed: the request itself must change |
| 401 | `unauthorized` | who are you |
| 403 | `forbidden` | never allowed to this caller |
| 404 | `not_found` | not there, or not visible to you |
| 405 | `invalid_request` | the path does not take this method; `Allow` says which it takes |
| 409 | `conflict` | not now: the state forbids it |
| 413 | `invalid_request` | the body is too large |
| 415 | `invalid_request` | the body is not JSON |
| 422 | `unprocessable` | well-formed, but cannot be |
| 429 | `rate_limited` | too often |
| 5xx | `internal` | a fault of ours: tell your operator the `X-Request-Id` |

## Codes

An … stands for what the answer fills in.

| code | status | message |
|---|---|---|
"""


class Raised(NamedTuple):
    """One error that the source makes."""

    code: str
    status: int
    message: str


def raised() -> Iterator[Raised]:
    """Yield every error that the source constructs with a code of its own."""
    for path in sorted((ROOT / "src/amends").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                yield from _raised_by(node)
    absent = errors.NotFound()
    yield Raised(absent.code, absent.status, absent.message)


def _raised_by(call: ast.Call) -> Iterator[Raised]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    words = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg in {"code", "message"})]
    words = words[2:] if name == "Guard" else words
    if name in STATUSES and len(words) >= 2 and (code := _text(words[0])):
        yield Raised(code, STATUSES[name], _text(words[1]))


def _text(node: ast.expr) -> str:
    """Return the text of a literal, with … where something is filled in; empty when it is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return re.sub("…+", "…", "".join(_text(part) or "…" for part in node.values))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left) + _text(node.right)
    return ""


def page() -> str:
    """Return the page."""
    by_code: dict[str, list[Raised]] = {}
    for error in raised():
        by_code.setdefault(error.code, []).append(error)
    return HEAD + "".join(_row(code, by_code[code]) for code in sorted(by_code))


def _row(code: str, places: list[Raised]) -> str:
    statuses = ", ".join(str(status) for status in sorted({place.status for place in places}))
    messages = sorted({place.message for place in places if place.message}, key=lambda text: (len(text), text))
    return f"| `{code}` | {statuses} | {messages[0] if messages else '…'} |\n".replace("\n |", " |")


if __name__ == "__main__":
    PAGE.write_text(page())
