"""Every page, and what each kind of person gets there. A page without a row fails tests/access/test_matrix.py.

To add one: a line in the list of its domain, in the file of its area. `needs` is the permission at the account in the
path: the roles that have it may, the others get 403, and people of other accounts 404. None: everybody who is signed in
may, it is their own. `whose` says what else a page can be about: a customer's own thing, which is there for nobody
else, or the platform, where `needs` is what the staff's role must have and everybody else gets 404.
`prepare` makes what the path names, fresh for everybody who may; `form` is what a POST sends. `others` says what is
otherwise for a role. Who is not signed in is sent to the sign-in page, always; words typed into a page of ours are
shown to them first.

Kinds of people: those of `tests.staff.people_of` (viewer, support, admin, owner; reviewer, platform admin), `customer`
(the buyer: `World.user`), `foreign` (an owner of another account) and `stranger` (on no team, bought nothing).
"""

from typing import Final

from tests.access.page_matrix_customer import CUSTOMER_CASE_PAGES, PURCHASE_PAGES, WITHDRAWAL_PAGES
from tests.access.page_matrix_everybody import OWN_PAGES, PUBLIC_PAGES
from tests.access.page_matrix_merchant import (
    CASE_FORMS,
    CASE_PAGES,
    EXPORT_PAGES,
    REPLY_PAGES,
    TABLE_PAGES,
    TEAM_PAGES,
)
from tests.access.page_matrix_platform import ADMINISTRATION_PAGES, MAIL_PAGES, REVIEW_PAGES
from tests.access.page_row import OUTSIDERS, PageRow

__all__ = ["OUTSIDERS", "PAGES", "PUBLIC_PAGES", "PageRow"]

PAGES: Final = {
    "one's own": OWN_PAGES,
    "purchases": PURCHASE_PAGES,
    "customers' cases": CUSTOMER_CASE_PAGES,
    "withdrawals": WITHDRAWAL_PAGES,
    "table": TABLE_PAGES,
    "case": CASE_PAGES,
    "case forms": CASE_FORMS,
    "exports": EXPORT_PAGES,
    "replies": REPLY_PAGES,
    "team": TEAM_PAGES,
    "reviews": REVIEW_PAGES,
    "administration": ADMINISTRATION_PAGES,
    "mail": MAIL_PAGES,
}
