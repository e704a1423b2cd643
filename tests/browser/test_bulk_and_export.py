"""Acting on many cases with a report for each, and an export with its progress and its file."""

import csv
from pathlib import Path

from playwright.async_api import expect

from amends.db.worker import Worker
from amends.services import Services
from tests.browser.conftest import Pages
from tests.cases.scene import Scene


async def test_deny_several_and_read_what_became_of_each(scene: Scene, pages: Pages) -> None:
    cases = [await scene.case() for _ in range(3)]
    page = await pages.table()
    await page.get_by_label("Select all cases on this page").check()
    await expect(page.locator("[data-selected-count]")).to_have_text("3 selected")
    await page.locator("[data-bulk-bar]").get_by_role("button", name="Deny").click()
    dialog = page.locator("#remote")
    await dialog.get_by_label("Message to each customer").fill("You have watched every lesson.")
    await scene.customer.act(cases[1], "withdraw")  # meanwhile
    await dialog.get_by_role("button", name="Deny").last.click()
    await expect(dialog).to_contain_text("1 case was left as it is")
    await expect(dialog).to_contain_text("2 cases are done")
    await dialog.get_by_role("link", name="Back to the cases").click()
    await expect(dialog).to_be_hidden()
    await expect(page.locator('[data-row]:has-text("Waiting for you")')).to_have_count(0)
    outcomes = [(await scene.merchant.read(case))["outcome"] for case in cases]
    assert outcomes == ["merchant_won", "withdrawn", "merchant_won"]


async def test_assign_several(scene: Scene, pages: Pages) -> None:
    _, _ = await scene.colleague("support", name="Grace Hopper")
    cases = [await scene.case() for _ in range(2)]
    page = await pages.table()
    await page.get_by_label("Select all cases on this page").check()
    await page.locator("[data-bulk-bar]").get_by_role("button", name="Assign").click()
    dialog = page.locator("#remote")
    await dialog.get_by_label("Who looks after them").select_option(label="Grace Hopper")
    await dialog.get_by_role("button", name="Assign").last.click()
    await expect(dialog.get_by_role("link", name="Back to the cases")).to_be_visible()
    assert [(await scene.merchant.read(case))["assignee"]["name"] for case in cases] == ["Grace Hopper"] * 2


async def test_export_what_is_filtered_with_its_progress(
    scene: Scene, pages: Pages, worker: Worker[Services], tmp_path: Path
) -> None:
    wanted = await scene.case(reason="duplicate")
    await scene.case()
    page = await pages.table("?reason=duplicate")
    await page.get_by_role("link", name="Export", exact=True).click()
    dialog = page.locator("#remote")
    await dialog.get_by_role("button", name="Start export").click()
    await expect(dialog.get_by_role("progressbar")).to_be_visible()
    async with page.expect_download() as download:
        await worker.run_until_idle()  # the page hears of it, and fetches the file
    await expect(dialog.get_by_role("link", name="Download")).to_be_visible()
    file = tmp_path / "export.csv"
    await (await download.value).save_as(file)
    rows = list(csv.reader(file.read_text("utf-8-sig").splitlines()))
    assert len(rows) == 2
    assert wanted["id"] in rows[1]
    await dialog.get_by_role("button", name="Done").click()
    await expect(dialog).to_be_hidden()


async def test_cancel_an_export_and_ask_again(scene: Scene, pages: Pages, worker: Worker[Services]) -> None:
    await scene.case()
    page = await pages.open("exports/new")
    await page.get_by_role("button", name="Start export").click()
    line = page.locator("[data-export]")
    await line.get_by_role("button", name="Cancel").click()
    await expect(line).to_contain_text("Canceled")
    await line.get_by_role("button", name="Retry").click()
    await expect(line.get_by_role("progressbar")).to_be_visible()
    await worker.run_until_idle()
    await expect(line.get_by_role("link", name="Download")).to_be_visible()
