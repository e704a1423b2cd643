"""A customer at work on a report: which purchase, what was written so far, and what a step's form brings.

What comes in is kept before it is judged. Files that came with the form are stored outside any transaction.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile

from amends.access.scopes import Caller, CustomerScope
from amends.cases.case_sending import FORM_FILES_MAX, store_upload, waiting_files
from amends.cases.policy import Policy
from amends.customers.commands_drafts import keep_draft
from amends.customers.places import customer_of, purchase_of
from amends.customers.purchase_words import Hindrance, hindrance
from amends.customers.queries_drafts import Draft, find_draft
from amends.customers.queries_purchases import Purchase, current_policy
from amends.customers.refusals import customer_refusal
from amends.customers.report_steps import STEPS, Report, Step, Terms, kept
from amends.db.transactions import transaction
from amends.files.queries import FileRow, list_own_files
from amends.kit.errors import PayloadTooLarge, Unprocessable
from amends.services import Services
from amends.web.readers import current_reader
from amends.web.text import _, ngettext

AnyPage = Request[Any, Caller, Any]

AT: Final = "at"
"""The field of a draft that says at which step to go on."""
REMOVE: Final = "remove:"


class StepForm(msgspec.Struct, frozen=True, kw_only=True):
    """What every step's form may carry besides its own fields."""

    go: str = "on"
    """What was pressed: on, back, later, upload, remove:file_…; save: nothing, the page keeps it by itself."""
    attachment: list[str] = []
    revision: int = 0
    """The draft that the form was made of."""


class Received(msgspec.Struct, frozen=True):
    """The files of a report after a form has come in."""

    rows: Sequence[FileRow]
    problem: str
    """Why some of them are not among them; may be empty."""


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """A purchase whose customer reports a problem."""

    request: AnyPage
    services: Services
    scope: CustomerScope
    purchase: Purchase
    policy: Policy
    draft: Draft | None
    hindrance: Hindrance | None
    """Why no case can be opened; None: one can."""

    @property
    def report(self) -> Report:
        """Return what was typed so far."""
        return self.draft.fields if self.draft else {}

    @property
    def terms(self) -> Terms:
        """Return what answers are held against."""
        reader = current_reader()
        return Terms(
            refundable_minor=self.purchase.refundable_minor,
            currency=self.purchase.currency,
            places=self.purchase.places,
            today=reader.local(reader.now).date(),
            message_max=self.policy.message_max_chars,
        )

    @property
    def then(self) -> str:
        """Return where to go on after the step: `review`, or empty for the next one."""
        return Step.REVIEW if self.request.query_params.get("then") == Step.REVIEW else ""

    async def files(self) -> list[FileRow]:
        """Return the files of the draft that are still there."""
        ids = self.draft.file_ids if self.draft else ()
        return await list_own_files(self.services.pool, ids, self.scope.principal.id) if ids else []


async def open_desk(request: AnyPage, services: Services, payment_pid: str) -> Desk:
    """Return a purchase of the reader's with their draft.

    Raises:
        NotFound: no such payment, or not theirs.
    """
    scope, pool = customer_of(request), services.pool
    purchase = await purchase_of(services, scope, payment_pid)
    policy = await current_policy(pool)
    return Desk(
        request=request,
        services=services,
        scope=scope,
        purchase=purchase,
        policy=policy,
        draft=await find_draft(pool, scope, purchase.pid),
        hindrance=hindrance(purchase, policy=policy, now=services.clock.now()),
    )


async def keep_step(
    desk: Desk, step: Step, sent: Mapping[str, Any], form: StepForm, received: Received | None
) -> Desk | None:
    """Keep what a step's form brought, right or wrong, and return the desk with it.

    What a page keeps by itself may arrive late, and does not take the place of what was kept since, nor of what was
    thrown away: None.
    """
    at = STEPS.index(step) + {"on": 1, "back": -1}.get(form.go, 0)
    fields = {**kept(step, sent, desk.report), AT: STEPS[max(at, 0)].value}
    async with transaction(desk.services.pool) as connection:
        draft = await keep_draft(
            connection,
            desk.scope,
            desk.purchase.pid,
            fields=fields,
            file_ids=None if received is None else [row.id for row in received.rows],
            revision=form.revision if form.go == "save" else None,
            now=desk.services.clock.now(),
        )
    return None if draft is None else msgspec.structs.replace(desk, draft=draft)


async def receive_files(desk: Desk, form: StepForm, uploads: Sequence[UploadFile]) -> Received:
    """Store the files that came with a form, beside those that it names, as far as the policy allows."""
    dropped = form.go.removeprefix(REMOVE)
    named = [pid for pid in dict.fromkeys(form.attachment) if pid != dropped][:FORM_FILES_MAX]
    rows = await waiting_files(desk.services, desk.request.auth, named)
    problems: list[str] = []
    room = max(desk.policy.files_max - len(rows), 0)
    for upload in uploads[:room]:
        try:
            rows.append(await store_upload(desk.services, desk.request.auth, upload))
        except (Unprocessable, PayloadTooLarge) as refused:
            problems.append(_("%(file)s: %(problem)s", file=upload.filename, problem=customer_refusal(refused)))
    if left := uploads[room:]:
        problems.append(_too_many(desk.policy.files_max, left))
    return Received(rows, " ".join(problems))


def _too_many(most: int, left: Sequence[UploadFile]) -> str:
    names = ", ".join(upload.filename for upload in left[:FORM_FILES_MAX])
    return ngettext(
        "At most %(n)s file goes with a report. Not added: %(files)s.",
        "At most %(n)s files go with a report. Not added: %(files)s.",
        most,
        files=names,
    )
