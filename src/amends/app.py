"""The composition root: settings → pool, providers, file store, clock → routes. The only file that knows everybody."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any, Final

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide

from amends.access.api import routes as access_routes
from amends.access.authenticate import provide_caller
from amends.access.idempotency import provide_idempotency
from amends.access.jobs import jobs as access_jobs
from amends.access.oidc import OidcClient
from amends.cases.api import routes as case_routes
from amends.cases.jobs import jobs as case_jobs
from amends.cases.notices import CaseNoticesOfCases
from amends.cases.pages_acting import routes as case_form_routes
from amends.cases.pages_bulk import routes as bulk_routes
from amends.cases.pages_case import routes as case_page_routes
from amends.cases.pages_columns import routes as column_routes
from amends.cases.pages_platform import routes as review_routes
from amends.cases.pages_replies import routes as reply_routes
from amends.cases.pages_table import routes as table_routes
from amends.cases.pages_uploads import routes as upload_routes
from amends.cases.pages_views import routes as view_routes
from amends.customers.jobs import jobs as customer_jobs
from amends.customers.pages_case import routes as my_case_routes
from amends.customers.pages_my_cases import routes as my_cases_routes
from amends.customers.pages_purchases import routes as purchase_routes
from amends.customers.pages_report import routes as report_routes
from amends.customers.pages_uploads import routes as customer_upload_routes
from amends.db.jobs import JobRegistry
from amends.db.notices import announcing
from amends.db.pool import create_pool
from amends.db.upkeep import upkeep
from amends.db.worker import Worker
from amends.exports.api import routes as export_routes
from amends.exports.jobs import jobs as export_jobs
from amends.exports.pages import routes as export_page_routes
from amends.exports.pages_new import routes as new_export_routes
from amends.files.api import routes as file_routes
from amends.files.jobs import jobs as file_jobs
from amends.files.store import FileStore
from amends.imports.api import routes as import_routes
from amends.imports.jobs import jobs as import_jobs
from amends.kit.clock import Clock
from amends.kit.signing import Signer
from amends.notifications.api_log import routes as mail_routes
from amends.notifications.jobs import jobs as mail_jobs
from amends.notifications.jobs_cases import jobs as notice_jobs
from amends.notifications.mailer import Mailer
from amends.notifications.pages import routes as notification_routes
from amends.notifications.pages_outbox import routes as outbox_routes
from amends.notifications.smtp import SmtpMailer
from amends.payments.api import routes as payment_routes
from amends.payments.jobs import registry as payment_jobs
from amends.payments.providers.sandbox import SandboxProvider
from amends.people.api import routes as people_routes
from amends.people.jobs import jobs as people_jobs
from amends.platform.jobs import jobs as platform_jobs
from amends.platform.pages import routes as platform_routes
from amends.services import Services
from amends.settings import Settings, clock_of, mail_route, oidc_settings, secret_key
from amends.staff.api_sign_in_links import routes as sign_in_link_routes
from amends.staff.jobs import jobs as staff_jobs
from amends.staff.pages import routes as staff_routes
from amends.stream.api import routes as stream_routes
from amends.stream.hub import Hub, open_hub
from amends.web import urls
from amends.web.assets import routes as asset_routes
from amends.web.components import routes as component_routes
from amends.web.health import routes as health_routes
from amends.web.http import http_rules
from amends.web.openapi import openapi_config
from amends.withdrawals.api import routes as withdrawal_api_routes
from amends.withdrawals.pages import routes as withdrawal_routes

Opening = Callable[[], AbstractAsyncContextManager[Services]]


@asynccontextmanager
async def open_services(settings: Settings, *, clock: Clock | None = None) -> AsyncGenerator[Services]:
    """Open everything that a process needs, and close it in the reverse order.

    `settings.database_url` must name a migrated database.
    """
    clock = clock or clock_of(settings)
    signer = Signer(secret_key(settings))
    async with (
        create_pool(database_url(settings), max_size=settings.database_pool_size) as pool,
        announcing(pool, database_url(settings)),
        SandboxProvider.open(database_url(settings), clock=clock, signer=signer) as sandbox,
    ):
        yield Services(
            settings=settings,
            pool=pool,
            clock=clock,
            signer=signer,
            providers={"sandbox": sandbox},
            case_notices=CaseNoticesOfCases(),
            file_store=FileStore.open(settings.files_url),
            mailer=mailer_of(settings),
            oidc=_oidc_of(settings, clock),
        )


def mailer_of(settings: Settings) -> Mailer | None:
    """Return who hands mails over; None: no mail server is set."""
    route = mail_route(settings)
    return None if route is None else SmtpMailer(route.server, hello=route.sender.domain)


def _oidc_of(settings: Settings, clock: Clock) -> OidcClient | None:
    provider = oidc_settings(settings)
    redirect_uri = settings.base_url + urls.OIDC_CALLBACK
    return None if provider is None else OidcClient(provider, clock, redirect_uri=redirect_uri)


ROUTES: Final = (
    *access_routes,
    *case_routes,
    *case_page_routes,
    *reply_routes,
    *table_routes,
    *bulk_routes,
    *column_routes,
    *view_routes,
    *case_form_routes,
    *review_routes,
    *upload_routes,
    *purchase_routes,
    *report_routes,
    *customer_upload_routes,
    *my_case_routes,
    *my_cases_routes,
    *export_routes,
    *export_page_routes,
    *new_export_routes,
    *file_routes,
    *import_routes,
    *payment_routes,
    *people_routes,
    *stream_routes,
    *health_routes,
    *asset_routes,
    *staff_routes,
    *sign_in_link_routes,
    *withdrawal_routes,
    *withdrawal_api_routes,
    *platform_routes,
    *mail_routes,
    *notification_routes,
)
"""Every domain's routes."""


def create_app(settings: Settings, *, clock: Clock | None = None) -> Litestar:
    """Build the application; its services live as long as it runs."""
    return build_app(
        partial(open_services, settings, clock=clock), development=settings.development, outbox=settings.outbox
    )


def build_app(opening: Opening, *, development: bool, outbox: bool) -> Litestar:
    """Build the application on services that `opening` opens each time it begins to run."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncGenerator[None]:
        async with (
            opening() as services,
            open_hub(services.pool, database_url(services.settings)) as hub,
        ):
            app.state.services, app.state.hub = services, hub
            yield

    return Litestar(
        route_handlers=[
            *ROUTES,
            *(component_routes if development else ()),
            *(outbox_routes if outbox else ()),
        ],
        dependencies={
            "caller": Provide(provide_caller),
            "idem": Provide(provide_idempotency),
            "services": Provide(_services, sync_to_thread=False),
            **{name: Provide(_part(name), sync_to_thread=False) for name in _PARTS},
        },
        lifespan=[lifespan],
        openapi_config=openapi_config(),
        **http_rules(),
    )


def end_streams(app: Litestar) -> None:
    """Tell the streams of a running application to reconnect, to another process: this one is about to stop."""
    hub: Hub = app.state.hub
    hub.close()


def job_registry() -> JobRegistry[Services]:
    """Return every domain's jobs and sweeps."""
    registry: JobRegistry[Services] = JobRegistry()
    for jobs in (
        access_jobs,
        case_jobs,
        customer_jobs,
        export_jobs,
        file_jobs,
        import_jobs,
        mail_jobs,
        notice_jobs,
        payment_jobs,
        people_jobs,
        platform_jobs,
        staff_jobs,
        upkeep(Services),
    ):
        registry.include(jobs)
    return registry


def create_worker(services: Services) -> Worker[Services]:
    """Build the worker that runs every domain's jobs and sweeps."""
    return Worker(services, job_registry(), url=database_url(services.settings))


def database_url(settings: Settings) -> str:
    """Return the address of the database, which whoever starts a process has filled in by now."""
    if settings.database_url is None:
        raise ValueError("there is no database_url; the embedded server is started before")
    return settings.database_url


_PARTS = tuple(field for field in Services.__dataclass_fields__)


def _services(state: State) -> Any:
    """Return everything, for handlers that pass it on."""
    return state.services


def _part(name: str) -> Any:
    """Return a provider of one of the services, for handlers that name it as a parameter."""

    def provide(state: State) -> Any:
        return getattr(state.services, name)

    return provide
