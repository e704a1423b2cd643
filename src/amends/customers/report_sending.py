"""Sending a report: the case is opened and its draft deleted in one transaction, once however often it is pressed."""

from collections.abc import Sequence

import msgspec

from amends.access.idempotency import Idempotency
from amends.access.scopes import CustomerScope
from amends.cases.commands_open import open_case
from amends.customers.commands_drafts import delete_draft
from amends.customers.queries_drafts import Draft
from amends.customers.queries_purchases import Purchase
from amends.customers.report_steps import Claim
from amends.files.commands import AttachmentInput
from amends.files.queries import FileRow
from amends.services import Services
from amends.web import urls


async def send_report(
    services: Services, scope: CustomerScope, purchase: Purchase, draft: Draft, claim: Claim, files: Sequence[FileRow]
) -> str:
    """Open the case that a draft describes, and return its public id.

    Raises:
        ApiError: as `open_case` refuses, such as for a payment on which somebody else's case was opened meanwhile.
    """
    now = services.clock.now()
    once = Idempotency(
        principal=scope.user_pid,
        operation=f"POST {urls.purchase_url(purchase.pid, 'report')}",
        key=draft.token,
        request_hash=b"",
        now=now,
    )
    async with once.guard(services.pool, wait=True) as tx:
        if tx.replay is not None:
            return msgspec.json.decode(tx.replay.content, type=str)
        opened = await open_case(
            tx.connection,
            scope,
            account_id=purchase.account_id,
            payment_id=purchase.id,
            reason=claim.reason,
            message=claim.message,
            attachments=[AttachmentInput(id=file.pid) for file in files],
            answers=claim.answers,
            remedy=claim.remedy,
            now=now,
        )
        await delete_draft(tx.connection, scope, purchase.pid, now=now)
        await tx.answer(201, msgspec.json.encode(opened.pid))
    return opened.pid
