"""What a running Amends consists of, handed to routes, jobs and commands by the composition root.

Nothing here is global: a test makes its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg

from amends.access.oidc import OidcClient
from amends.files.store import FileStore
from amends.kit.clock import Clock
from amends.kit.signing import Signer
from amends.notifications.mailer import Mailer
from amends.payments.ports import CaseNotices
from amends.payments.providers.port import PaymentProvider
from amends.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Services:
    """The parts of one process."""

    settings: Settings
    pool: asyncpg.Pool
    clock: Clock
    signer: Signer
    providers: Mapping[str, PaymentProvider]
    """By name: what `payments.provider` says."""
    case_notices: CaseNotices
    """Who hears of money that moved without a command on the case."""
    file_store: FileStore
    mailer: Mailer | None
    """Who hands mails over; None: no mail server is set."""
    oidc: OidcClient | None = None
    """The staff's identity provider; None: none is set."""
