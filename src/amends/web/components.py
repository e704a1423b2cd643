"""The page of components at `/_components`, in development: every macro in its states, to look at and to check."""

from typing import ClassVar, Final

from litestar import Response, get

from amends.web.layout import AnyRequest
from amends.web.pages import Page, render


class ComponentsPage(Page, frozen=True, kw_only=True):
    """Nothing but the components themselves."""

    template: ClassVar[str] = "components.html"


@get("/_components", opt={"public": True}, include_in_schema=False)
async def components_page(request: AnyRequest) -> Response[str]:
    """Show every component."""
    return render(request, ComponentsPage())


routes: Final = [components_page]
