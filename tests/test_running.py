"""The whole application starts, answers, and its worker has nothing to do on an empty database."""

import httpx

from amends.db.worker import Worker
from amends.services import Services


async def test_server_is_ready(http: httpx.AsyncClient) -> None:
    answer = await http.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


async def test_worker_finds_nothing_to_do(worker: Worker[Services]) -> None:
    await worker.sweep()
    assert await worker.run_until_idle() == 0
