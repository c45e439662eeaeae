"""How to get to states that only a server in trouble brings about: the browser's copy is told of them."""

from playwright.async_api import Page, expect

from tests.e2e.person import PATIENCE
from tests.e2e.ways import Prepare, talk_with


async def hear_of_a_restore(page: Page) -> None:
    """What the page hears when its server was restored, without a server that was."""
    times = {"at": "2026-05-02T10:00:00Z", "backup_at": "2026-05-01T12:00:00Z"}
    told = {"database": "album", "isTold": False, "times": times, "isVaultLost": True}
    await change_copy(page, "metas", "restored", {"value": told})
    await page.reload()
    await page.get_by_role("status").filter(has=page.locator(".btn")).first.wait_for()


async def hear_of_a_copy(page: Page) -> None:
    """What the page finds when something else writes as this device."""
    await change_copy(page, "metas", "restored", {"value": {"database": "album", "isTold": True}})
    await change_copy(page, "metas", "copied", {"value": {"device": "album", "isTold": False}})
    await page.reload()
    await page.get_by_role("status").filter(has=page.locator(".btn")).first.wait_for()


def find_row(change: dict[str, object]) -> Prepare:
    """A conversation with `change` in its row, for as long as no server says how it is."""

    async def prepare(page: Page) -> None:
        await talk_with("kiran")(page)
        address, language = page.url.partition("?")[0], await page.evaluate("document.documentElement.lang")
        await expect(page.locator(".opening")).to_have_count(0, timeout=2 * PATIENCE)
        await page.context.set_offline(True)
        await change_copy(page, "conversations", address.rpartition("/")[2], change)
        await page.goto(f"{address}?locale={language}")
        await page.locator("textarea").wait_for()

    return prepare


async def be_signed_out(page: Page) -> None:
    """By a server that knows nothing of the session."""
    await page.evaluate("localStorage.setItem('hearth.session-ended', 'unknown')")
    await page.reload()
    await page.locator("[data-ended]").wait_for()


async def change_copy(page: Page, table: str, key: str, change: dict[str, object]) -> None:
    """Change a row of the browser's local copy, or make one."""
    await page.evaluate(
        """async ([table, key, change]) => {
            const finish = (request) =>
                new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
            const { user } = JSON.parse(localStorage.getItem("hearth.session"));
            const copy = await finish(indexedDB.open(`hearth-${user.id}`));
            const rows = copy.transaction(table, "readwrite").objectStore(table);
            const before = (await finish(rows.get(key))) ?? { [rows.keyPath]: key };
            await finish(rows.put({ ...before, ...change }));
            copy.close();
        }""",
        [table, key, change],
    )
