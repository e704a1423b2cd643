"""The routes of the platform admin's pages."""

from typing import Final

from amends.platform.pages_attention import routes as attention_routes

routes: Final = [*attention_routes]
