"""What `amends demo` tells a person when it is ready: links to sign in with, the keys, and two things to paste."""

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from amends.demo.offering import Offering
from amends.settings import Settings

_GREETING = """\
The demo is ready on {url}

Sign in as one of these; each link works once, for 15 minutes:
{staff}

The first customer, {customer}, has purchases and cases in every state; the second, {spanish}, reads Spanish.
The platform’s people begin at the review queue.
The team and the platform also sign in at {url}/sign-in with an address
such as {email} and the password {password}
A new link: {settings}{program} users sign-in-link {email}
E-mails are not sent: they are at {url}/_outbox

The API reference is at {url}/api/docs

API keys, valid until the next start:
{keys}

A customer's token, and {claimable} purchases to open a case on ({user}):
  {token}
  {payment}

List the newest cases of {title}:

  curl -s '{url}/api/v1/resolution_center_cases?first=2' -H 'Authorization: Bearer {key}'

The same with the public client (pip install whop-sdk==2.6.0):

  from itertools import islice

  from whop_sdk import Whop
  from whop_sdk.environment import WhopEnvironment

  api = "{url}/api/v1"
  client = Whop(token="{key}", environment=WhopEnvironment(api=api, vault=api))
  for case in islice(client.resolution_center_cases.list(status="awaiting_merchant"), 5):
      print(case.id, case.reason, case.amount, case.currency, case.response_due_at)

Ctrl-C stops it.
"""


USUAL: Final = {"AMENDS_BASE_URL": Settings().base_url, "AMENDS_DATA_DIR": str(Settings().data_dir)}


def greeting(offering: Offering, data_dir: Path) -> str:
    """Return what to print."""
    keys = [*((account.title, account.api_key) for account in offering.accounts), ("platform", offering.platform_key)]
    width = max(len(title) for title, _ in keys)
    account, user = offering.accounts[0], offering.users[0]
    people = [*offering.customers, *offering.staff]
    roles = max(len(person.role) for person in people)
    return _GREETING.format(
        url=offering.url,
        program=_program(),
        settings=_settings({"AMENDS_BASE_URL": offering.url, "AMENDS_DATA_DIR": str(data_dir)}),
        staff="\n".join(f"  {person.role:<{roles}}  {person.url}" for person in people),
        customer=offering.customers[0].name,
        spanish=offering.customers[1].name,
        email=offering.staff[0].email,
        password=offering.password,
        keys="\n".join(f"  {title:<{width}}  {key}" for title, key in keys),
        claimable=len(user.claimable_payments),
        user=user.name,
        token=user.token,
        payment=user.claimable_payments[0].id,
        title=account.title,
        key=account.api_key,
    )


def _program() -> str:
    """Return how this program is called from here."""
    path = Path(sys.argv[0])
    return path.name if shutil.which(path.name) == str(path) else os.path.relpath(path)


def _settings(needed: Mapping[str, str]) -> str:
    """Return what stands before a command, so that it works on this demo."""
    return "".join(f"{name}={shlex.quote(value)} " for name, value in needed.items() if value != USUAL[name])
