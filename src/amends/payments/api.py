"""The routes of payments: refunds, merchant credits, disputes, and where the providers' messages arrive."""

from typing import Any, Final

import msgspec
from litestar import Request, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Response

from amends.kit.errors import InvalidRequest, NotFound, Unauthorized
from amends.payments import api_disputes, api_refunds
from amends.payments.events import receive_event
from amends.payments.providers.port import BadEventSignature
from amends.services import Services


@post("/providers/{name:str}/webhook", opt={"public": True}, status_code=200, summary="Take in a provider's message")
async def provider_webhook(name: str, request: Request[Any, Any, Any], services: Services) -> Response[dict[str, bool]]:
    """Verify and keep one signed message of a payment provider; a 2xx says that it is durable."""
    provider = services.providers.get(name)
    if provider is None:
        raise NotFound
    body = await request.body()
    headers = {key.lower(): value for key, value in request.headers.items()}
    try:
        await receive_event(services.pool, name, provider, headers, body, services.clock.now())
    except BadEventSignature as error:
        raise Unauthorized("invalid_signature", f"The message is not signed as it should be: {error}.") from error
    except (ValueError, msgspec.MsgspecError) as error:
        raise InvalidRequest("invalid_event", "The message cannot be read.") from error
    return Response({"received": True})


routes: Final[list[HTTPRouteHandler]] = [*api_refunds.routes, *api_disputes.routes, provider_webhook]
