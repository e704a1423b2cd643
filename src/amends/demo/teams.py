"""What the demo's teams have set up: the replies that they keep, and a colleague who is invited to the first team."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from amends.access.authenticate import user_caller
from amends.access.commands_team import Team
from amends.access.permissions import Role
from amends.access.queries import find_user
from amends.access.scopes import MerchantScope
from amends.cases.commands_replies import save_reply
from amends.db.transactions import transaction
from amends.demo.catalogue import ACCOUNTS
from amends.demo.market import staff_id
from amends.notifications.commands_preferences import choose_notices
from amends.notifications.kinds import Choice, NoticeKind
from amends.services import Services
from amends.staff.commands_invitations import invite

REPLIES: Final = {
    "What we need to know": """Hi {customer_name},

thank you for writing to us about {product}. So that we can look into it, please tell us what happened and on which day,
and add a screenshot if you have one.

Please answer by {due}.

{agent_name}, {account}""",
    "Cancel a subscription": """Hi {customer_name},

you can cancel {product} at any time under Settings, Memberships. Once it is canceled nothing more is charged, and you
keep access until the end of the period that is paid.

{agent_name}""",
    "Refund is on its way": """Hi {customer_name},

we have refunded {amount}. Depending on your bank it takes 5 to 10 days until you see it on your statement.

Your case is {case_id}, should you need to ask about it.

{agent_name}, {account}""",
    "How to get access": """Hi {customer_name},

{product} is waiting for you: sign in with the e-mail address that you paid with, and open it from your library. If that
does not work, tell us what you see.

{agent_name}""",
}
CHOICES: Final[Mapping[tuple[str, int], Mapping[NoticeKind, Choice]]] = {
    ("northbeam", 1): {NoticeKind.PROGRESS: Choice.OFF},
    ("northbeam", 2): {NoticeKind.PROGRESS: Choice.OFF, NoticeKind.DIGEST: Choice.AT_ONCE},
    ("lumiere", 0): {NoticeKind.DIGEST: Choice.OFF},
    ("platform", 1): {NoticeKind.REMINDER: Choice.OFF},
}
"""What some people want to be told by e-mail, by team and place; the others have chosen nothing."""
WRITTEN: Final = timedelta(days=31, hours=3)
"""So long lies between two replies."""
INVITED: Final = ("casey.morgan@northbeam.example", Role.SUPPORT)


async def set_up_teams(services: Services, now: datetime) -> None:
    """Have each account's owner save the replies, and the first one invite a colleague."""
    for number, account in enumerate(ACCOUNTS):
        scope = await _owner(services, staff_id(account.key, 0))
        async with transaction(services.pool) as connection:
            for nth, (title, body) in enumerate(REPLIES.items()):
                at = now - WRITTEN * (nth + 1) - timedelta(hours=7 * number)
                await save_reply(connection, scope, scope.account_id, title=title, body=_flowing(body), now=at)
            if number == 0:
                await invite(
                    connection,
                    Team(scope, scope.account_id, scope.account_pid),
                    title=account.title,
                    email=INVITED[0],
                    role=INVITED[1],
                    locale="en",
                    signer=services.signer,
                    now=now - timedelta(hours=20),
                )


async def choose_mails(services: Services, users: Mapping[str, Any], now: datetime) -> None:
    """Have some people choose which mails they get; `users` are rows by the platform's own id."""
    async with transaction(services.pool) as connection:
        for (team, number), choices in CHOICES.items():
            await choose_notices(connection, users[staff_id(team, number)].id, choices, now=now)


def _flowing(body: str) -> str:
    """Return a text whose paragraphs are a line each."""
    return "\n\n".join(" ".join(paragraph.split("\n")) for paragraph in body.split("\n\n"))


async def _owner(services: Services, key: str) -> MerchantScope:
    found = await find_user(services.pool, key)
    if found is None:
        raise LookupError(f"the demo has no {key}")
    [scope] = user_caller(*found).merchants
    return scope
