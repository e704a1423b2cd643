"""Every page of this package, for the composition root."""

from typing import Any, Final

from amends.staff.pages_accounts import routes as accounts
from amends.staff.pages_case_links import routes as case_links
from amends.staff.pages_embed import routes as embed
from amends.staff.pages_home import routes as home
from amends.staff.pages_invitations import routes as invitations
from amends.staff.pages_mailed_links import routes as mailed_links
from amends.staff.pages_oidc import routes as oidc
from amends.staff.pages_profile import routes as profile
from amends.staff.pages_reset import routes as reset
from amends.staff.pages_security import routes as security
from amends.staff.pages_sign_in import routes as sign_in
from amends.staff.pages_team import routes as team
from amends.staff.pages_totp import routes as totp

routes: Final[list[Any]] = [
    *home, *sign_in, *case_links, *embed, *mailed_links, *reset, *profile, *security, *totp, *accounts, *team,
    *invitations, *oidc,
]  # fmt: skip
