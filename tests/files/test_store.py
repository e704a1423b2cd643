"""The file store: the same on a folder and on an object store."""

from pathlib import Path
from uuid import uuid4

import pytest
from obstore.store import AzureStore, GCSStore, LocalStore, MemoryStore, S3Store, from_url

from amends.files.store import FileStore, MissingObject, folder_of, new_key

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["folder", "objects"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FileStore:
    if request.param == "folder":
        return FileStore.open(f"file://{tmp_path}/store")
    return FileStore(MemoryStore())


async def read(store: FileStore, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in store.chunks(key, start, end)])


async def test_what_was_put_is_read_whole_and_in_part(store: FileStore, tmp_path: Path) -> None:
    data = bytes(range(256)) * 40_000
    source = tmp_path / "source"
    source.write_bytes(data)
    key = new_key(uuid4())
    await store.put(key, source)
    assert await store.size(key) == len(data)
    assert await read(store, key) == data
    assert await read(store, key, 1000, 2000) == data[1000:2000]
    assert await read(store, key, len(data) - 1) == data[-1:]


async def test_what_is_not_there_is_missing(store: FileStore) -> None:
    key = new_key(uuid4())
    with pytest.raises(MissingObject):
        await store.size(key)
    with pytest.raises(MissingObject):
        await read(store, key)
    await store.delete([key])


async def test_a_folder_holds_one_file_alone(store: FileStore, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"words")
    one, other = uuid4(), uuid4()
    keys = [new_key(one) for _ in range(3)]
    for key in (*keys, stays := new_key(other)):
        await store.put(key, source)
    assert await store.delete_folder(folder_of(one), keep=keys[:1]) == 2
    assert (await read(store, keys[0]), await read(store, stays)) == (b"words", b"words")
    assert await store.delete_folder(folder_of(one)) == 1
    assert await store.delete_folder(folder_of(one)) == 0


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("s3://bucket/prefix", S3Store),
        ("gs://bucket/prefix", GCSStore),
        ("abfss://container@account.dfs.core.windows.net/prefix", AzureStore),
        ("file:///", LocalStore),
    ],
)
def test_the_clouds_are_known_by_their_addresses(url: str, kind: type) -> None:
    assert isinstance(from_url(url), kind)
