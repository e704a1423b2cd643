"""The routes of notifications' pages; the outbox stands apart, for demonstrations alone."""

from typing import Final

from amends.notifications.pages_log import routes as log_routes
from amends.notifications.pages_preferences import routes as preference_routes
from amends.notifications.pages_unsubscribe import routes as unsubscribe_routes

routes: Final = [*log_routes, *preference_routes, *unsubscribe_routes]
