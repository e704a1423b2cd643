"""A real OpenID provider on loopback: Authlib's own server for the authorization code grant, with PKCE and ID tokens.

It keeps codes and keys in memory and signs in whoever the test says. `Faults` make it do what a provider must not do.
"""

# Authlib's hints say less than its server hands over.
# pyright: reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false
# pyright: reportOptionalMemberAccess=false, reportReturnType=false, reportArgumentType=false

import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

import anyio
import uvicorn
from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Request, grants
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from amends.kit.clock import Clock

CLIENT_ID, CLIENT_SECRET = "amends", "the provider's secret"
_KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
Answer = tuple[int, Any, list[tuple[str, str]]]


class _Client(ClientMixin):
    def __init__(self, redirect_uri: str) -> None:
        self.redirect_uri = redirect_uri

    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.redirect_uri

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == CLIENT_SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in {"client_secret_basic", "client_secret_post"}

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


class _Code:
    def __init__(self, code: str, request: OAuth2Request) -> None:
        data = request.payload.data
        self.code, self.scope = code, data.get("scope", "")
        self.redirect_uri, self.nonce = data.get("redirect_uri"), data.get("nonce")
        self.code_challenge = data.get("code_challenge")
        self.code_challenge_method = data.get("code_challenge_method")
        self.user = request.user

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> None:
        return None

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


class _Request(OAuth2Request):
    @property
    def args(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.uri).query))

    @property
    def form(self) -> dict[str, str]:
        return self.payload.data


class Faults:
    """What the provider does wrong."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {}
        """Claims of ID tokens in place of the right ones; None leaves one out."""
        self.sign: Callable[[dict[str, Any]], str] | None = None
        """Makes ID tokens in place of the right way."""
        self.discovery: dict[str, Any] = {}
        """Fields of the discovery document in place of the right ones."""
        self.answers: dict[str, tuple[int, bytes]] = {}
        """By path: what is answered instead."""
        self.stalled = False
        """Nothing is answered at all."""
        self.email_in_user_info = False
        """The ID token says nothing of the address; the user info endpoint does."""


class Provider(AuthorizationServer):
    """The provider, and who is signed in there."""

    def __init__(self, issuer: str, redirect_uri: str, clock: Clock) -> None:
        super().__init__(scopes_supported=["openid", "email", "profile"])
        self.issuer, self.clock = issuer, clock
        self.client = _Client(redirect_uri)
        self.user: dict[str, Any] | None = None
        """The claims of who is signed in at the provider; None: they cancel."""
        self.faults = Faults()
        self.codes: dict[str, _Code] = {}
        self.key: RSAKey | ECKey = _KEY
        self.served_keys: list[RSAKey | ECKey] = [self.key]
        self.asked: list[str] = []
        """The paths that were asked for."""
        self.register_grant(_grant_of(self), [CodeChallenge(required=True), _IdTokens(self)])
        self.register_token_generator("default", self._token)

    def _token(self, **_how: Any) -> dict[str, Any]:
        return {"token_type": "Bearer", "access_token": "an-access-token", "expires_in": 300, "scope": "openid email"}

    def rotate(self, *, served: bool = True) -> None:
        """Sign with a new key from now on; `served`: the key set has it."""
        self.key = ECKey.generate_key("P-256", {"kid": "second", "use": "sig"})
        if served:
            self.served_keys = [self.key]

    def query_client(self, client_id: str) -> _Client | None:
        return self.client if client_id == CLIENT_ID else None

    def save_token(self, token: Any, request: OAuth2Request) -> None:
        pass

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        pass

    def create_oauth2_request(self, request: Any) -> OAuth2Request:
        return request

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Answer:
        return status, body, headers

    def sign(self, claims: dict[str, Any]) -> str:
        """Return an ID token."""
        algorithm = "RS256" if isinstance(self.key, RSAKey) else "ES256"
        return jwt.encode({"alg": algorithm, "kid": self.key.kid}, claims, self.key, [algorithm])

    def discovery(self) -> dict[str, Any]:
        """Return the discovery document."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "response_types_supported": ["code"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            **self.faults.discovery,
        }

    def answer(self, method: str, path: str, query: str, headers: dict[str, str], body: str) -> Answer:
        """Answer one request."""
        if path in self.faults.answers:
            status, content = self.faults.answers[path]
            return status, content, []
        match path:
            case "/.well-known/openid-configuration":
                return 200, self.discovery(), []
            case "/keys":
                return 200, {"keys": [key.as_dict(private=False) for key in self.served_keys]}, []
            case "/authorize":
                return self._authorize(query, headers)
            case "/token":
                return self.create_token_response(self._request(method, path, body, headers))
            case "/userinfo" if headers.get("authorization") == "Bearer an-access-token":
                return 200, self.user, []
            case _:
                return 404, {}, []

    def _authorize(self, query: str, headers: dict[str, str]) -> Answer:
        request = self._request("GET", f"/authorize?{query}", query, headers)
        grant = self.get_consent_grant(request, end_user=self.user)
        return self.create_authorization_response(request, grant_user=self.user, grant=grant)

    def _request(self, method: str, path: str, data: str, headers: dict[str, str]) -> OAuth2Request:
        request = _Request(method, self.issuer + path, headers={"Authorization": headers.get("authorization", "")})
        request.payload = BasicOAuth2Payload(dict(parse_qsl(data)))
        return request

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Speak ASGI."""
        if scope["type"] != "http":
            return
        if self.faults.stalled:
            await anyio.sleep_forever()
        path, body = scope["path"], b""
        self.asked.append(path)
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        query = scope["query_string"].decode()
        status, content, more = self.answer(scope["method"], path, query, headers, body.decode())
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        sent = [(name.lower().encode(), value.encode()) for name, value in more]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": raw})


def _grant_of(provider: Provider) -> type[grants.AuthorizationCodeGrant]:
    class Grant(grants.AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]  # noqa: RUF012

        def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
            provider.codes[code] = _Code(code, request)

        def query_authorization_code(self, code: str, client: Any) -> _Code | None:
            return provider.codes.get(code)

        def delete_authorization_code(self, authorization_code: _Code) -> None:
            del provider.codes[authorization_code.code]

        def authenticate_user(self, authorization_code: _Code) -> Any:
            return authorization_code.user

    return Grant


class _IdTokens(OpenIDCode):
    def __init__(self, provider: Provider) -> None:
        super().__init__(require_nonce=True)
        self._provider = provider

    def exists_nonce(self, nonce: str, request: OAuth2Request) -> bool:
        return any(code.nonce == nonce for code in self._provider.codes.values())

    def generate_user_info(self, user: Any, scope: str) -> UserInfo:
        return UserInfo(user)

    def encode_id_token(self, token: dict[str, Any], request: OAuth2Request) -> str:
        provider, now = self._provider, int(self._provider.clock.now().timestamp())
        code = cast("_Code", request.authorization_code)
        claims = {
            "iss": provider.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": code.nonce,
            **self.generate_user_info(request.user, token["scope"]),
            **provider.faults.claims,
        }
        if provider.faults.email_in_user_info:
            claims |= {"email": None, "email_verified": None}
        kept = {name: value for name, value in claims.items() if value is not None}
        return (provider.faults.sign or provider.sign)(kept)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answers = anyio.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.answers.set()


@asynccontextmanager
async def run(provider: Provider, listener: Any) -> AsyncGenerator[Provider]:
    """Run the provider on a socket."""
    config = uvicorn.Config(provider, lifespan="off", log_level="warning", timeout_graceful_shutdown=1)
    server = _Server(config)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server.serve, [listener])
        with anyio.fail_after(120):
            await server.answers.wait()
        yield provider
        provider.faults.stalled = False
        server.should_exit = server.force_exit = True
        for answering in server.server_state.tasks:  # what was stalled
            answering.cancel()


def unsigned(claims: dict[str, Any]) -> str:
    """Return an ID token that nobody has signed."""
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return ".".join(urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."


def query_of(address: str) -> dict[str, str]:
    """Return the parameters of an address."""
    return dict(parse_qsl(urlsplit(address).query))


def with_query(address: str, **parameters: str) -> str:
    """Return an address with other parameters."""
    return address.partition("?")[0] + "?" + urlencode({**query_of(address), **parameters})
