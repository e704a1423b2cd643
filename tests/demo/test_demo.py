"""`amends demo` as a script uses it: a small one, started, used, started again, reset."""

import json
import re
import signal
import subprocess
from collections.abc import Generator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from whop_sdk import Whop
from whop_sdk.environment import WhopEnvironment

from tests.cli.commands import START_WITHIN_S, amends, running
from tests.demo.running import Demo, running_demo

SMALL = ("--scale", "0.01")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a data folder into which a small demo was loaded."""
    data = tmp_path_factory.mktemp("loaded") / "var"
    with running_demo(data, *SMALL) as demo:
        assert demo.process.stop() == 0
    return data


@pytest.fixture(scope="module")
def demo(loaded: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Demo]:
    """Give a demo that runs on a copy of that folder, as its second start."""
    with running_demo(copy_of(loaded, tmp_path_factory.mktemp("second")), *SMALL) as demo:
        yield demo


def copy_of(loaded: Path, folder: Path) -> Path:
    """Copy a data folder; PostgreSQL's files keep their owner."""
    subprocess.run(["cp", "-a", str(loaded), str(folder / "var")], check=True)
    return folder / "var"


def get(demo: Demo, path: str, token: str, **query: Any) -> Any:
    answer = httpx.get(demo.url + path, params=query, headers={"Authorization": f"Bearer {token}"}, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_it_prints_one_line_with_all_that_a_script_needs(demo: Demo) -> None:
    printed = demo.printed
    assert set(printed) == {"url", "platform_key", "accounts", "users", "sign_in", "staff", "customers", "password"}
    assert set(printed["sign_in"]) == {"merchant", "customer", "platform"}
    roles = ["owner", "admin", "support", "viewer", "platform admin", "reviewer"]
    assert [person["role"] for person in printed["staff"]] == roles
    accounts = {account["id"] for account in printed["accounts"]}
    assert len(accounts) == 3
    assert len(printed["users"]) >= 5
    for user in printed["users"]:
        assert set(user) == {"id", "name", "token", "claimable_payments"}
        assert len({payment["id"] for payment in user["claimable_payments"]}) >= 40
        assert {payment["account_id"] for payment in user["claimable_payments"]} == accounts
    assert all(link.startswith(f"{demo.url}/sign-in/") for link in printed["sign_in"].values())
    assert next(person["name"] for person in printed["customers"]) == "Mara Lindqvist"


def press(http: httpx.Client, url: str, **fields: str) -> httpx.Response:
    """Open a page with one form and send that."""
    page = http.get(url)
    assert page.status_code == 200
    token = re.findall(r'name="_csrf_token" value="([0-9a-f]+)"', page.text)[0]
    return http.post(url, data={"_csrf_token": token, **fields})


def test_every_link_signs_in_once(demo: Demo) -> None:
    links = [person["url"] for person in (*demo.printed["staff"], *demo.printed["customers"])]
    links += demo.printed["sign_in"].values()
    for link in links:
        with httpx.Client(timeout=60, follow_redirects=True) as http:
            assert press(http, link).status_code == 200
            assert http.get(f"{demo.url}/me", follow_redirects=False).status_code == 200
            assert http.get(link).status_code == 404
            if link == demo.printed["customers"][0]["url"]:
                purchases_in_every_state(http, demo.url)


def purchases_in_every_state(http: httpx.Client, url: str) -> None:
    """Look at the pages of the customer who is signed in, the first one of the demo."""
    purchases, cases = (http.get(f"{url}{path}").text for path in ("/purchases", "/cases"))
    for words in (
        "Withdraw from contract here", "You withdrew from this contract", "Report a problem", "Refunded",
        "Your bank is looking into this payment", "Open case", "Looking for more help?",
    ):  # fmt: skip
        assert words in purchases, words
    for words in ("has a question for you", "offers you", "Your turn", "Waiting for", "said no to a refund"):
        assert words in cases, words


def test_the_password_signs_in_and_a_command_makes_another_link(demo: Demo) -> None:
    support = demo.printed["staff"][2]
    with httpx.Client(timeout=60) as http:
        wrong = press(http, f"{demo.url}/sign-in", email=support["email"], password="demo-wrongwrong")
        right = press(http, f"{demo.url}/sign-in", email=support["email"], password=demo.printed["password"])
    assert (wrong.status_code, right.status_code) == (422, 303)
    env = {**demo.env, "AMENDS_BASE_URL": demo.url}
    made = json.loads(amends("users", "sign-in-link", support["email"], "--json", env=env).out)
    assert (made["name"], made["email"]) == (support["name"], support["email"])
    with httpx.Client(timeout=60) as http:
        assert press(http, made["url"]).status_code == 303


def test_every_key_and_token_works_for_what_it_is(demo: Demo) -> None:
    cases = "/api/v1/resolution_center_cases"
    everything = {row["id"] for row in get(demo, cases, demo.printed["platform_key"], first=100)["data"]}
    assert len(everything) > 60
    for account in demo.printed["accounts"]:
        seen = get(demo, cases, account["api_key"], first=100)["data"]
        assert {row["account"]["id"] for row in seen} == {account["id"]}
    for user in demo.printed["users"]:
        own = get(demo, cases, user["token"], first=100)["data"]
        assert {row["buyer"]["user_id"] for row in own} <= {user["id"]}


def test_every_attachment_opens(demo: Demo) -> None:
    key = demo.printed["platform_key"]
    cases = get(demo, "/api/v1/resolution_center_cases", key, first=100)["data"]
    files = [
        file
        for case in cases
        for event in get(demo, f"/api/v1/resolution_center_cases/{case['id']}/events", key, first=100)["data"]
        for file in event["attachments"]
    ]
    assert len(files) > 3
    for file in files:
        answer = httpx.get(file["url"], timeout=60)
        assert answer.status_code == 200
        assert answer.headers["content-type"].split(";")[0] == file["content_type"]
        assert len(answer.content) == file["size_bytes"] > 0


async def test_a_claim_is_opened_accepted_and_refunded_with_the_public_client(demo: Demo) -> None:
    api = f"{demo.url}/api/v1"
    environment = WhopEnvironment(api=api, vault=api)
    user = demo.printed["users"][0]
    payment = user["claimable_payments"][0]
    [key] = [account["api_key"] for account in demo.printed["accounts"] if account["id"] == payment["account_id"]]
    customer = Whop(token=user["token"], environment=environment)
    merchant = Whop(token=key, environment=environment)
    case = customer.resolution_center_cases.create(
        receipt_id=payment["id"], reason="product_not_received", message="Nothing came."
    )
    assert case.status == "awaiting_merchant"
    assert merchant.resolution_center_cases.accept(case.id).status == "closed"
    with anyio.fail_after(START_WITHIN_S):
        settled: Any = merchant.resolution_center_cases.retrieve(case.id)
        while settled.settlement != "succeeded":
            await anyio.sleep(0.2)
            settled = merchant.resolution_center_cases.retrieve(case.id)
    assert (settled.outcome, settled.refund, settled.settlement) == ("customer_won", "merchant", "succeeded")


def test_commands_work_beside_it_and_a_second_demo_does_not(demo: Demo) -> None:
    listed = json.loads(amends("keys", "list", "--json", env=demo.env).out)["data"]
    assert sorted(key["name"] for key in listed) == [
        "Demo: Atelier Lumière",
        "Demo: Northbeam Academy",
        "Demo: platform",
        "Demo: 風 Kaze Labs",
    ]
    second = amends("demo", "--port", "0", "--data", str(demo.data), env={})
    assert second.code == 1
    assert "A demo runs in" in second.err


def test_a_start_makes_the_keys_of_the_one_before_worthless(loaded: Path, demo: Demo) -> None:
    earlier = json.loads((loaded / "output" / "out").read_text())
    assert earlier["platform_key"] != demo.printed["platform_key"]
    refused = httpx.get(
        f"{demo.url}/api/v1/resolution_center_cases",
        headers={"Authorization": f"Bearer {earlier['platform_key']}"},
        timeout=60,
    )
    assert refused.status_code == 401
    assert [user["id"] for user in earlier["users"]] == [user["id"] for user in demo.printed["users"]]


def test_what_was_claimed_is_replaced_at_the_next_start_and_a_reset_begins_again(loaded: Path, tmp_path: Path) -> None:
    data = copy_of(loaded, tmp_path)
    with running_demo(data, *SMALL) as first:
        user = first.printed["users"][1]
        claimed = {payment["id"] for payment in user["claimable_payments"][:25]}
        for payment in claimed:
            opened = httpx.post(
                f"{first.url}/api/v1/resolution_center_cases",
                json={"receipt_id": payment, "reason": "fraudulent", "message": "Not mine."},
                headers={"Authorization": f"Bearer {user['token']}"},
                timeout=60,
            )
            assert opened.status_code in {200, 201}, opened.text
        assert first.process.stop() == 0
    with running_demo(data, *SMALL) as second:
        claimable = {payment["id"] for payment in second.printed["users"][1]["claimable_payments"]}
        assert len(claimable) >= 40
        assert not claimable & claimed
        assert second.process.stop(signal.SIGINT) == 0
    with running_demo(data, "--reset", *SMALL) as third:
        people = {user["id"] for user in first.printed["users"]}
        assert people.isdisjoint(user["id"] for user in third.printed["users"])
        assert third.process.stop() == 0


async def test_a_load_that_was_cut_off_is_begun_again(tmp_path: Path) -> None:
    data = tmp_path / "var"
    large = ("--scale", "1")  # which takes so long that it is cut off in any case
    with running(tmp_path / "cut", "demo", "--port", "0", "--data", str(data), *large, env={}) as process:
        with anyio.fail_after(START_WITHIN_S):
            while not (data / "demo" / "loaded.json").exists():  # noqa: ASYNC110 (no event tells us)
                await anyio.sleep(0.05)
        assert process.stop() == 128 + signal.SIGTERM
    assert not (data / "postgres" / "data" / "postmaster.pid").exists()
    with running_demo(data, *SMALL) as demo:
        assert len(demo.printed["users"]) >= 5
        assert demo.process.stop() == 0


def test_an_installation_that_is_not_a_demo_is_left_alone(tmp_path: Path) -> None:
    env = {"AMENDS_DATA_DIR": str(tmp_path / "var")}
    file = tmp_path / "accounts.ndjson"
    file.write_text('{"kind": "account", "id": "acme", "title": "Acme", "currency": "usd"}\n')
    assert amends("import", str(file), env=env).code == 0
    for words in ((), ("--reset",)):
        ran = amends("demo", "--port", "0", "--data", str(tmp_path / "var"), *words, env={})
        assert ran.code == 1
        assert "not a demo" in ran.err
    assert amends("keys", "create", "--name", "x", "--account", "acme", env=env).code == 0


def test_a_time_that_is_none_is_a_mistake_in_usage(tmp_path: Path) -> None:
    ran = amends("demo", "--now", "yesterday", "--data", str(tmp_path), env={})
    assert ran.code == 2
    assert "2026-11-23T09:00:00Z" in ran.err
