"""Static files and pages on the wire: compressed, kept for ever, under names that change with the content."""

import re

import httpx

from amends.web.assets import DIST, built_assets, static_url


def test_every_built_file_is_there_under_a_name_of_its_content() -> None:
    built = built_assets()
    assert {"app.css", "app.js", "icons.svg"} <= set(built)
    for name, file in built.items():
        stem, _, ending = name.rpartition(".")
        assert re.fullmatch(rf"{re.escape(stem)}-[0-9A-Za-z]{{8,10}}\.{ending}", file)
        assert (DIST / file).stat().st_size > 0


async def test_a_built_file_is_compressed_and_kept_for_ever(http: httpx.AsyncClient) -> None:
    answer = await http.get(static_url("app.css"))
    assert answer.status_code == 200
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == "max-age=31536000, public, immutable"
    assert answer.headers["content-type"].startswith("text/css")
    assert answer.content == (DIST / built_assets()["app.css"]).read_bytes()


async def test_a_font_is_not_compressed_again(http: httpx.AsyncClient) -> None:
    answer = await http.get(static_url("inter-latin-wght-normal.woff2"))
    assert answer.status_code == 200
    assert "content-encoding" not in answer.headers


async def test_the_api_is_not_compressed(http: httpx.AsyncClient) -> None:
    answer = await http.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert "content-encoding" not in answer.headers


async def test_only_static_files_are_served(http: httpx.AsyncClient) -> None:
    for path in ("/static/../pages.py", "/static/%2e%2e/pages.py", "/static/dist/", "/static/dist/none.js"):
        assert (await http.get(path)).status_code == 404
