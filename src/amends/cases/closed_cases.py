"""Cases that somebody sees as one of their sides, and as nothing else: the platform's lists say nothing of them.

Whoever is the customer of a case, or on the team of its account, learns of it what that side may know, whatever else
they are. A list keeps their lines, so that its pages and counts are everybody's, and leaves out what they say.
"""

from collections.abc import Iterable

from amends.access.resolve import case_scope
from amends.access.scopes import Caller, PlatformScope
from amends.cases.queries_case import buyers_of
from amends.cases.rows import CaseRef
from amends.db.pool import Pool
from amends.kit.ids import MalformedId, Prefix, parse_public_id


async def closed_to(pool: Pool, caller: Caller, case_pids: Iterable[str | None]) -> frozenset[str]:
    """Return those of some cases, by public id, that a caller of the platform sees only as one of their sides.

    What is no case's id is passed over.
    """
    refs = {ref for pid in case_pids if pid and (ref := _ref_of(pid))}
    if not refs or caller.principal.kind != "user":
        return frozenset()
    return frozenset(
        row["pid"]
        for row in await buyers_of(pool, refs)
        if not isinstance(case_scope(caller, row["account_id"], row["user_id"]), PlatformScope)
    )


def _ref_of(pid: str) -> CaseRef | None:
    try:
        return CaseRef(*parse_public_id(Prefix.CASE, pid))
    except MalformedId:
        return None
