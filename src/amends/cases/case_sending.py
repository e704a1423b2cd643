"""From a form that a browser sent to the command that it means, run once however often it is sent.

Owns how amounts and files are read and how a form's token makes its command happen once. What a refusal looks like is
the page's. Bytes of files never stand in memory whole, and no transaction is open while they move.
"""

import hashlib
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

import msgspec
from babel.numbers import NumberFormatError, parse_decimal
from litestar.datastructures import UploadFile

from amends.access.idempotency import Idempotency
from amends.access.scopes import Caller, Scope
from amends.cases import commands, commands_internal, commands_offers
from amends.cases.case_forms import AcceptForm, AssignForm, CaseForm, CounterForm, Form, OfferForm
from amends.cases.commands_apply import Applied
from amends.cases.commands_offers import Terms
from amends.cases.review_forms import AskForm
from amends.cases.review_sending import At, ask_by_form, decide_by_form
from amends.cases.rows import CaseRef
from amends.db.pool import Connection
from amends.files.commands import AttachmentInput
from amends.files.identity import file_uuid
from amends.files.queries import FileRow, list_own_files
from amends.files.uploads import add_file
from amends.kit.ids import MalformedId
from amends.services import Services
from amends.web.csrf import FIELD
from amends.web.readers import current_reader

FORM_FILES_MAX: Final = 10
"""More than any policy is likely to allow; what the policy allows is the command's to say."""
_CHUNK_BYTES: Final = 256 * 1024
_AMOUNT_CHARS: Final = 40
_PLAIN: Final = re.compile(r"\d+\.\d{1,2}")
_NUMBER: Final = re.compile(r"[\d.,'’\u00a0\u202f ]+")


class UnreadableAmount(ValueError):
    """Not a number, in no way that the reader may write one."""


class Going(NamedTuple):
    """A command about to run: in which transaction, for whom, on what."""

    connection: Connection
    scope: Scope
    ref: CaseRef
    form: Form
    value: Any
    offer_pid: str | None
    services: Services

    @property
    def said(self) -> dict[str, Any]:
        """Return what every verb takes that is a message with files."""
        return {
            "message": self.value.message,
            "attachments": [AttachmentInput(id=pid) for pid in self.value.attachment],
            "now": self.services.clock.now(),
        }

    @property
    def answered(self) -> dict[str, Any]:
        """Return what every answer to an offer takes."""
        return {
            "offer_pid": self.offer_pid,
            "message": self.value.message,
            "version": self.value.version,
            "now": self.services.clock.now(),
        }


async def send_once(
    services: Services, caller: Caller, scope: Scope, ref: CaseRef, form: Form, value: CaseForm,
    *, offer_pid: str | None, typed: Mapping[str, Any], path: str, says: Callable[[Form, Applied], str],
) -> str:  # fmt: skip
    """Run a form's command, and say what has happened; sent again, it changes nothing and says the same.

    `says` puts into words what a command has led to.

    Raises:
        ApiError: as the command refuses.
    """
    once = Idempotency(
        principal=caller.owner,
        operation=f"POST {path}",
        key=_key(value.token, typed),
        request_hash=b"",
        now=services.clock.now(),
    )
    async with once.guard(services.pool, wait=True) as tx:
        if tx.replay is not None:
            return msgspec.json.decode(tx.replay.content, type=str)
        going = Going(tx.connection, scope, ref, form, value, offer_pid, services)
        applied = await (_review if form in {Form.DECIDE, Form.ASK} else _run)(going)
        words = says(form, applied)
        await tx.answer(200, msgspec.json.encode(words))
    return words


def _key(token: str | None, typed: Mapping[str, Any]) -> str | None:
    """Return what makes a form the same one: its token, and what was typed into it."""
    if token is None:
        return None
    fields = {name: value for name, value in sorted(typed.items()) if name != FIELD}
    return hashlib.sha256(msgspec.json.encode([token, fields])).hexdigest()


async def _run(go: Going) -> Applied:
    at = (go.connection, go.scope, go.ref)
    match go.form, go.value:
        case Form.ACCEPT, AcceptForm(end_membership=end, amount_minor=shown, version=version):
            return await commands.accept_case(*at, **go.said, version=version, end_membership=end, amount_minor=shown)
        case Form.OFFER, OfferForm(remedy=remedy, days=days, message=message, version=version):
            terms = Terms(amount=amount_of(go.value.amount), remedy=remedy, message=message)
            said = {name: value for name, value in go.said.items() if name != "message"}
            return await commands_offers.make_offer(*at, **said, version=version, terms=terms, expires_in_days=days)
        case Form.ASSIGN, AssignForm(assignee=assignee):
            now = go.services.clock.now()
            return await commands_internal.assign_case(*at, assignee_pid=assignee, now=now)
        case Form.NOTE, _:
            return await _VERBS[Form.NOTE](*at, **{**go.said, "message": go.value.message or ""})
        case Form.COMMENT, _:
            return await commands.comment(*at, **go.said)
        case Form.ACCEPT_OFFER, _:
            return await commands_offers.accept_offer(*at, **go.answered)
        case Form.DECLINE_OFFER, _:
            return await commands_offers.decline_offer(*at, **go.answered)
        case Form.COUNTER_OFFER, CounterForm(remedy=remedy, message=message):
            counter = Terms(amount=amount_of(go.value.amount), remedy=remedy, message=message)
            return await commands_offers.decline_offer(*at, **go.answered, counter=counter)
        case Form.WITHDRAW, _:
            now, version = go.services.clock.now(), go.value.version
            return await commands.withdraw_case(*at, message=go.value.message, version=version, now=now)
        case Form.WITHDRAW_OFFER, _:
            return await commands_offers.withdraw_offer(*at, **go.answered)
        case _:
            return await _VERBS[go.form](*at, **go.said, version=go.value.version)


async def _review(go: Going) -> Applied:
    at = At(go.connection, go.scope, go.ref)
    if isinstance(go.value, AskForm):
        return await ask_by_form(at, go.value, said=go.said)
    return await decide_by_form(at, go.value, amount=amount_of(go.value.amount), now=go.services.clock.now())


_VERBS: Final[dict[Form, Any]] = {
    Form.NOTE: commands_internal.add_note,
    Form.DENY: commands.deny_case,
    Form.REQUEST_INFO: commands.request_info,
    Form.ESCALATE: commands.escalate,
    Form.REPLY: commands.reply,
    Form.APPEAL: commands.appeal,
}


def amount_of(text: str | None) -> Decimal | None:
    """Read an amount as the reader writes it, or plainly: `20.50` is understood in every language.

    Raises:
        UnreadableAmount: it is none.
    """
    if text is None:
        return None
    written = text.strip()
    if len(written) > _AMOUNT_CHARS or not _NUMBER.fullmatch(written):
        raise UnreadableAmount(text)
    try:
        return parse_decimal(written, locale=current_reader().locale, strict=True)
    except NumberFormatError as problem:
        if _PLAIN.fullmatch(written):
            return Decimal(written)
        raise UnreadableAmount(text) from problem


async def store_upload(services: Services, caller: Caller, upload: UploadFile) -> FileRow:
    """Keep a file that came with a form as the caller's own.

    Raises:
        Unprocessable, PayloadTooLarge: it cannot be attached.
    """
    return await add_file(
        services,
        owner=caller.owner,
        filename=upload.filename,
        data=_chunks(upload),
        now=services.clock.now(),
    )


async def _chunks(upload: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await upload.read(_CHUNK_BYTES):
        yield chunk


async def waiting_files(services: Services, caller: Caller, pids: Sequence[str]) -> list[FileRow]:
    """Return the caller's files that a form names and that can still be attached, in one statement."""
    file_ids = [file_id for file_id in map(_file_id, pids[:FORM_FILES_MAX]) if file_id is not None]
    return await list_own_files(services.pool, file_ids, caller.owner) if file_ids else []


def _file_id(pid: str) -> Any:
    try:
        return file_uuid(pid)
    except MalformedId:
        return None
