"""In which scope the platform's staff sees a page of the platform.

To everybody else none of these pages is there: 404. Staff whose role does not include one get 403.
"""

from typing import Any

from litestar import Request

from amends.access.permissions import Permission
from amends.access.resolve import allow
from amends.access.scopes import Caller, PlatformScope
from amends.kit.errors import NotFound

AnyPage = Request[Any, Caller, Any]


def staff_of(request: AnyPage, permission: Permission) -> PlatformScope:
    """Return the reader's scope on the platform.

    Raises:
        NotFound: the reader is not on the platform's staff.
        Forbidden: `missing_permission`.
    """
    scope = request.auth.platform
    if scope is None:
        raise NotFound
    allow(scope, permission)
    return scope
