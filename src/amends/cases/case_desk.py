"""A form of a case's page on its way to its command, whichever side sends it, and back where it was refused.

A form carries a token: pressed twice, it acts once, and the second press shows what the first one did. What was typed
comes back with every refusal, with the reason in words and, where the case changed meanwhile, what is new. The page
around it, and its words, are the side's own.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile

from amends.access.scopes import Caller, Scope
from amends.cases.acting import CaseChanged
from amends.cases.case_acting_view import Sent, kept_file
from amends.cases.case_forms import AcceptForm, AssignForm, CaseForm, CounterForm, Form, OfferForm
from amends.cases.case_refusals import field_of
from amends.cases.case_sending import (
    FORM_FILES_MAX,
    UnreadableAmount,
    amount_of,
    send_once,
    store_upload,
    waiting_files,
)
from amends.cases.commands_apply import Applied
from amends.cases.review_forms import AskForm, DecideForm
from amends.cases.rows import CaseRef
from amends.kit.errors import ApiError, Conflict, Forbidden, PayloadTooLarge, Unprocessable
from amends.services import Services
from amends.web.forms import Filled, read_form
from amends.web.text import _
from amends.web.typed_words import LOOK

AnyRequest = Request[Any, Caller, Any]

FORM_MAX_BYTES: Final = 320 * 1024 * 1024
"""Three videos of the policy's size, and what was typed; files go to disk as they come."""
SAID_AT_THE_FORM: Final = frozenset({"refund_limit_exceeded", "second_reviewer_needed"})
"""What this person may not, though others may: said where it was tried."""
_KINDS: Final[Mapping[Form, type[CaseForm]]] = {
    Form.ACCEPT: AcceptForm,
    Form.OFFER: OfferForm,
    Form.COUNTER_OFFER: CounterForm,
    Form.ASSIGN: AssignForm,
    Form.DECIDE: DecideForm,
    Form.ASK: AskForm,
}


class Words(NamedTuple):
    """What a side is told: why something was not done, and what was."""

    refused: Callable[[ApiError], str]
    done: Callable[[Form, Applied], str]


class Desk(NamedTuple):
    """Who sends a form, about which case, and what it is."""

    request: AnyRequest
    services: Services
    scope: Scope
    ref: CaseRef
    form: Form
    words: Words


class Refused(NamedTuple):
    """A form that was not carried out."""

    filled: Filled[CaseForm]
    status: int
    news: frozenset[str] = frozenset()
    """Events that came since the case was read."""
    remark: str = ""
    """What is said at the form besides."""


async def read_case_form(desk: Desk) -> Filled[CaseForm]:
    """Read what came in."""
    return await read_form(desk.request, _KINDS.get(desk.form, CaseForm))


async def carry_out(desk: Desk, filled: Filled[CaseForm], *, offer_pid: str | None = None) -> str | Refused:
    """Do what a form asks for, and say in words what has happened; or say why not.

    Whoever was signed out when they sent it looks at it first: nothing is done, and the form is shown filled in.

    Raises:
        ApiError: what no change to the form could mend.
    """
    if LOOK in filled.typed:
        again = msgspec.structs.replace(filled, value=None, errors={})
        return Refused(again, 200, remark=_("You were signed out, so this was not sent. Look at it, then send it."))
    filled = await with_files(desk, _checked(filled))
    if filled.value is None:
        return Refused(filled, 422)
    try:
        return await send_once(
            desk.services, desk.request.auth, desk.scope, desk.ref, desk.form, filled.value,
            offer_pid=offer_pid, typed=filled.typed, path=desk.request.scope["path"], says=desk.words.done,
        )  # fmt: skip
    except CaseChanged as changed:
        return Refused(_with_problem(filled, "", desk.words.refused(changed)), 409, _pids(changed))
    except Conflict as conflict:
        return Refused(_with_problem(filled, "", desk.words.refused(conflict)), 409)
    except (Unprocessable, Forbidden) as problem:
        if isinstance(problem, Forbidden) and problem.code not in SAID_AT_THE_FORM:
            raise
        field = "amount" if isinstance(problem, Forbidden) and desk.form is Form.OFFER else field_of(problem)
        return Refused(_with_problem(filled, field, desk.words.refused(problem)), 422)


async def sent_back(desk: Desk, refused: Refused, *, remark: str = "") -> Sent:
    """Return a form as the page shows it again: everything that was typed, and why it was not sent."""
    filled = refused.filled
    files = await waiting_files(desk.services, desk.request.auth, _listed(filled.typed.get("attachment", [])))
    return Sent(
        form=desk.form,
        typed=filled.typed,
        errors=filled.errors,
        files=tuple(kept_file(row, desk.services) for row in files),
        news=refused.news,
        remark=remark or refused.remark,
    )


def _checked(filled: Filled[CaseForm]) -> Filled[CaseForm]:
    if isinstance(filled.value, OfferForm | CounterForm | DecideForm):
        try:
            amount_of(filled.value.amount)
        except UnreadableAmount:
            return _with_problem(filled, "amount", _("Write an amount such as 20."))
    return filled


async def with_files(desk: Desk, filled: Filled[CaseForm]) -> Filled[CaseForm]:
    """Keep the files that came with the form, and name them in it as those that were there before."""
    uploads = filled.files.get("files", ())
    if not uploads:
        return filled
    stored, problems = await _store(desk, uploads)
    named = _listed(filled.typed.get("attachment", []))
    typed = {**filled.typed, "attachment": [*named, *stored]}
    if problems or filled.value is None:
        errors = {**filled.errors, **({"files": " ".join(problems)} if problems else {})}
        return msgspec.structs.replace(filled, value=None, errors=errors, typed=typed)
    value = msgspec.structs.replace(filled.value, attachment=[*filled.value.attachment, *stored])
    # The typed fields make the form's key; files that come anew with each press are not among them.
    return msgspec.structs.replace(filled, value=value)


async def _store(desk: Desk, uploads: Sequence[UploadFile]) -> tuple[list[str], list[str]]:
    if len(uploads) > FORM_FILES_MAX:
        return [], [_("Too many files. Remove some.")]
    stored: list[str] = []
    problems: list[str] = []
    for upload in uploads:
        try:
            stored.append((await store_upload(desk.services, desk.request.auth, upload)).pid)
        except (Unprocessable, PayloadTooLarge) as problem:
            why = desk.words.refused(problem)
            problems.append(_("%(file)s: %(problem)s", file=upload.filename, problem=why))
    return stored, problems


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _with_problem(filled: Filled[CaseForm], field: str, words: str) -> Filled[CaseForm]:
    typed = filled.typed if filled.value is None else {**filled.typed, "attachment": filled.value.attachment}
    return msgspec.structs.replace(filled, value=None, errors={**filled.errors, field: words}, typed=typed)


def _pids(changed: CaseChanged) -> frozenset[str]:
    """Return the ids of what came since; the rows are JSON without its end."""
    return frozenset(str(msgspec.json.decode(f"{row['body']}}}")["id"]) for row in changed.news)
