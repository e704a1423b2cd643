"""Sites on loopback that put a page of ours in a frame: the platform's own, and one that nobody allowed.

`localhost` is another site than `127.0.0.1`, where Amends runs in tests; the same name with another port is the same
site, but another origin.
"""

import html
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import anyio
from anyio.abc import ByteStream, SocketStream

PAGE: Final = """<!doctype html>
<html lang="en"><head><title>Shop</title></head>
<body><h1>Shop</h1><ul></ul>
<iframe title="Your purchases and cases" src="{src}" width="800" height="300"></iframe>
<script>
  const list = document.querySelector("ul");
  window.addEventListener("message", (event) => {{
    const item = list.appendChild(document.createElement("li"));
    item.textContent = event.origin + " " + JSON.stringify(event.data);
    if (event.data.type === "amends:height") document.querySelector("iframe").height = event.data.height;
  }});
</script></body></html>"""


class Parent:
    """A site whose one page has a frame."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.src = "about:blank"

    def origin(self, host: str = "localhost") -> str:
        """Return the site's origin under a name of this machine."""
        return f"http://{host}:{self.port}"

    async def answer(self, stream: ByteStream) -> None:
        """Answer one request with the page."""
        async with stream:
            await stream.receive()
            body = PAGE.format(src=html.escape(self.src)).encode()
            lines = ("HTTP/1.1 200 OK", "Content-Type: text/html", f"Content-Length: {len(body)}", "Connection: close")
            await stream.send("\r\n".join((*lines, "", "")).encode() + body)


@asynccontextmanager
async def parent() -> AsyncGenerator[Parent]:
    """Run a site."""
    async with await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0) as listener:
        site = Parent(listener.extra(anyio.abc.SocketAttribute.local_port))

        async def answer(stream: SocketStream) -> None:
            await site.answer(stream)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listener.serve, answer)
            yield site
            tasks.cancel_scope.cancel()
