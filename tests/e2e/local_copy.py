"""What journeys read of the local copy that a browser keeps."""

from tests.e2e.person import Person

ENTRIES = """async () => {
  const names = (await indexedDB.databases()).map(({ name }) => name);
  const opening = indexedDB.open(names.find((name) => /^hearth-\\d+$/.test(name)));
  await new Promise((resolve) => (opening.onsuccess = resolve));
  const asking = opening.result.transaction("entries").objectStore("entries").getAll();
  await new Promise((resolve) => (asking.onsuccess = resolve));
  opening.result.close();
  return JSON.stringify(asking.result);
}"""


async def read_copy(person: Person) -> str:
    """Return all entries as text, whatever the page shows of them."""
    copy: str = await person.page.evaluate(ENTRIES)
    return copy
