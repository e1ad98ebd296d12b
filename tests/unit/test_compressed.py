"""Compressed sources: read like any other, and never taken for complete where they are not."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import os
import random
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import thresher
from thresher.compression import decompressed, detect
from thresher.errors import ConfigurationError, DataProcessingError, FileError


class Row(BaseModel):
    """A record."""

    a: int
    b: str


def _zstd() -> Any:
    name = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
    return pytest.importorskip(name)


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": lambda data: gzip.compress(data, 1),
    ".bz2": bz2.compress,
    ".xz": lambda data: lzma.compress(data, preset=0),
    # With a checksum, as the command zstd writes it; the format does without.
    ".zst": lambda data: _zstd().compress(data, options={_zstd().CompressionParameter.checksum_flag: 1}),
}
NAMES = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd"}
SMALL = b"a,b\n1,x\ntwo,y\n3,z\n"


def _rows(count: int) -> bytes:
    """Return rows that do not compress to nothing; one of a hundred is bad."""
    chance = random.Random(count)
    lines = [f"{'no' if n % 100 == 7 else n},{chance.random()}\n" for n in range(count)]
    return ("a,b\n" + "".join(lines)).encode()


BIG = _rows(15_000)


@pytest.fixture(autouse=True)
def nothing_leaks() -> Iterator[None]:
    """No thread and no descriptor is left behind by any test here."""
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    yield
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("thresher")] == []
    if before:
        assert len(os.listdir("/proc/self/fd")) == before


def _process(source: Any, engine: str, **settings: Any) -> thresher.Result:
    return thresher.process(source, Row, engine=engine, **settings)


@pytest.mark.parametrize("suffix", COMPRESS)
@pytest.mark.parametrize("data", [SMALL, BIG], ids=["small", "big"])
def test_the_result_is_that_of_the_text(suffix: str, data: bytes, engine: str, tmp_path: Path) -> None:
    path = tmp_path / f"rows.csv{suffix}"
    path.write_bytes(COMPRESS[suffix](data))
    plain = _process(data, engine)
    for source in (path, path.read_bytes(), path.open("rb")):
        result = _process(source, engine)
        if isinstance(source, io.IOBase):
            source.close()
        assert list(result.records()) == list(plain.records())
        assert [(r.record, r.line, r.byte_offset, r.raw) for r in result.rejects] == [
            (r.record, r.line, r.byte_offset, r.raw) for r in plain.rejects
        ]
        (count,) = result.report.sources
        assert (count.bytes, count.compression, count.encoding) == (len(data), NAMES[suffix], "utf-8")
    assert plain.report.sources[0].compression is None


def test_first_bytes_tell_whatever_the_name_says(engine: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(gzip.compress(SMALL))
    assert _process(path, engine).read == 3


@pytest.mark.parametrize("name", ["rows.tsv.gz", "ROWS.TSV.GZ"])
def test_the_format_is_that_of_the_inner_suffix(name: str, engine: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(SMALL.replace(b",", b"\t")))
    assert _process(path, engine).accepted == 2


@pytest.mark.parametrize("content", [b"", b"\x1f", SMALL])
@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_name_that_is_wrong_is_an_error(suffix: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"rows.csv{suffix}"
    path.write_bytes(content)
    with pytest.raises(FileError, match=rf"named as compressed with {NAMES[suffix]} and is not") as caught:
        _process(path, "python")
    assert caught.value.filename == str(path)


def test_a_file_object_may_be_named_as_compressed(engine: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(SMALL))
    with gzip.open(path) as file:
        assert _process(file, engine).accepted == 2
    with path.open("rb") as raw:
        assert _process(raw, engine).accepted == 2


@pytest.mark.parametrize("suffix", COMPRESS)
def test_members_one_after_another(suffix: str, engine: str) -> None:
    compress = COMPRESS[suffix]
    half = BIG.index(b"\n", len(BIG) // 2) - 3
    members = compress(BIG[:half]) + compress(b"") + compress(BIG[half:])
    assert _process(members, engine).read == 15_000


def test_zero_bytes_may_follow_a_member(engine: str) -> None:
    assert _process(gzip.compress(SMALL) + bytes(512), engine).read == 3
    assert _process(lzma.compress(SMALL) + bytes(4), engine).read == 3


@pytest.mark.parametrize("data", [SMALL, BIG], ids=["small", "big"])
@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_source_that_is_cut_off_publishes_nothing(suffix: str, data: bytes, engine: str, tmp_path: Path) -> None:
    whole = COMPRESS[suffix](data)
    path = tmp_path / f"rows.csv{suffix}"
    for missing in (1, 5, len(whole) // 2):
        path.write_bytes(whole[: len(whole) - missing])
        with pytest.raises(FileError, match=r"is cut off: it ends after [\d,]+ bytes") as caught:
            _process(path, engine, output=tmp_path / "out.csv", rejects=tmp_path / "bad.jsonl")
        assert caught.value.filename == str(path)
        assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_damaged_source_publishes_nothing(suffix: str, engine: str, tmp_path: Path) -> None:
    damaged = bytearray(COMPRESS[suffix](BIG))
    middle = len(damaged) * 3 // 4
    damaged[middle : middle + 64] = bytes(64)
    path = tmp_path / f"rows.csv{suffix}"
    path.write_bytes(damaged)
    with pytest.raises(FileError, match=r"is damaged: .+, in bytes [\d,]+ to [\d,]+ as compressed with"):
        _process(path, engine, output=tmp_path / "out.csv")
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", COMPRESS)
def test_every_way_to_cut_or_change_it_is_noticed(suffix: str, tmp_path: Path) -> None:
    """Whatever byte is missing or wrong: an error of the file, or (a date in its head) the same text."""
    whole = COMPRESS[suffix](SMALL)
    path = tmp_path / f"rows.csv{suffix}"
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(FileError):
            _process(path, "python")
    for at, byte in enumerate(whole):
        for mask in (1, 0x80, 0xFF):
            path.write_bytes(whole[:at] + bytes([byte ^ mask]) + whole[at + 1 :])
            try:
                result = _process(path, "python")
            except FileError:
                continue
            assert result.report.bytes == len(SMALL)
            assert (result.accepted, result.rejects[0].raw) == (2, b"two,y")


def test_a_wrong_sum_is_damage(engine: str) -> None:
    data = bytearray(gzip.compress(SMALL))
    data[-6] ^= 1
    with pytest.raises(FileError, match="incorrect data check"):
        _process(bytes(data), engine)


def test_bytes_behind_the_end_are_damage(engine: str) -> None:
    for compress in COMPRESS.values():
        with pytest.raises(FileError, match="is damaged"):
            _process(compress(SMALL) + b"and more", engine)


def test_damage_in_one_of_many_stops_the_run(engine: str, tmp_path: Path) -> None:
    whole = gzip.compress(BIG)
    for name, data in (("a", whole), ("b", whole[:-1000]), ("c", whole)):
        (tmp_path / f"{name}.csv.gz").write_bytes(data)
    (tmp_path / "d.csv").write_bytes(BIG)
    with pytest.raises(FileError, match=r"b\.csv\.gz' is cut off"):
        _process(str(tmp_path / "*"), engine)


def test_compressed_twice(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="compressed twice"):
        _process(gzip.compress(gzip.compress(SMALL)), "python")


def test_a_tar_archive_is_named() -> None:
    import tarfile

    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("rows.csv"))
    with pytest.raises(ConfigurationError, match="tar archive"):
        _process(file.getvalue(), "python")


def test_without_a_library_for_zstd(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("compression.zstd", "backports.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ConfigurationError, match=r"install thresher\[zstd\]"):
        _process(b"\x28\xb5\x2f\xfd" + bytes(20), "python")


def test_a_bomb_meets_max_bytes(engine: str) -> None:
    bomb = gzip.compress(b"a,b\n" + b"1,x\n" * 4_000_000)
    began = time.perf_counter()
    with pytest.raises(DataProcessingError, match=r"more than 1,000,000 bytes of text, and max_bytes"):
        _process(bomb, engine, max_bytes=1_000_000)
    assert time.perf_counter() - began < 5


def test_a_bomb_of_one_record_is_one_reject(engine: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb.csv.gz"
    with gzip.open(path, "wb", 1) as file:
        file.write(b"a,b\n1,x\n2,")
        for _ in range(64):
            file.write(b"y" * (1 << 20))
        file.write(b"\n3,z\n")
    tracemalloc.start()
    result = _process(path, engine, rejects=tmp_path / "bad.csv", max_record_bytes=1000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (result.accepted, result.rejected) == (2, 1)
    assert result.error_counts[0].type == "record_too_large"
    assert peak < 16 << 20


@pytest.mark.parametrize("source", ["bytes", "path", "file", "fifo"])
def test_max_bytes_holds_for_every_source(source: str, engine: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    given: Any = {"bytes": SMALL, "path": path, "file": io.BytesIO(SMALL), "fifo": path}[source]
    writer = None
    if source == "fifo":
        os.mkfifo(path)
        writer = threading.Thread(target=lambda: path.write_bytes(SMALL))
        writer.start()
    else:
        path.write_bytes(SMALL)
    with pytest.raises(DataProcessingError, match="max_bytes"):
        _process(given, engine, max_bytes=len(SMALL) - 1)
    if writer is not None:
        writer.join()
    assert _process(SMALL, engine, max_bytes=len(SMALL)).read == 3


def test_an_early_end_stops_the_decompression(engine: str, tmp_path: Path) -> None:
    """A validator that crashes ends the run at once, with a pump that has far to go."""

    class Crashing(BaseModel):
        a: int
        b: str

        def model_post_init(self, context: object) -> None:
            raise RuntimeError("on purpose")

    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(BIG) * 20)
    began = time.perf_counter()
    with pytest.raises(DataProcessingError, match="on purpose"):
        thresher.process([path, path], Crashing, engine=engine)
    assert time.perf_counter() - began < 5


def test_an_early_end_stops_waiting_for_a_fifo(engine: str, tmp_path: Path) -> None:
    """The writer of a FIFO has more to say and says nothing: the run ends all the same."""
    path, bad = tmp_path / "rows.csv.gz", tmp_path / "bad.csv.gz"
    whole = gzip.compress(BIG)
    bad.write_bytes(whole[: len(whole) // 2])
    os.mkfifo(path)
    done = threading.Event()

    def write() -> None:
        with contextlib.suppress(BrokenPipeError), path.open("wb") as file:
            file.write(whole[: len(whole) // 2])
            done.wait(20)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with pytest.raises(FileError, match="cut off"):
            _process([bad, path], engine)
    finally:
        done.set()
        writer.join()


def test_an_error_of_a_file_object_is_raised_as_it_is(engine: str) -> None:
    class Failing(io.BytesIO):
        def read(self, n: int | None = -1, /) -> bytes:
            if self.tell() > len(BIG) // 2:
                raise ZeroDivisionError("theirs")
            return super().read(n)

    with pytest.raises(ZeroDivisionError, match="theirs"):
        _process(Failing(BIG), engine)


def test_hundreds_of_compressed_files(engine: str, tmp_path: Path) -> None:
    data = [_rows(n) for n in range(1, 101)] + [BIG] * 3
    for number, text in enumerate(data):
        suffix = list(COMPRESS)[number % 4] if number % 5 else ""
        packed = COMPRESS[suffix](text) if suffix else text
        (tmp_path / f"{number:03}.csv{suffix}").write_bytes(packed)
    result = _process(str(tmp_path / "*.csv*"), engine)
    assert [count.read for count in result.report.sources] == [*range(1, 101), 15_000, 15_000, 15_000]
    assert [count.bytes for count in result.report.sources] == [len(text) for text in data]
    plain = _process(data, engine)
    assert list(result.records()) == list(plain.records())
    assert [(r.line, r.byte_offset, r.raw) for r in result.rejects] == [
        (r.line, r.byte_offset, r.raw) for r in plain.rejects
    ]


def test_inference_reads_compressed_sources(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(BIG))
    assert thresher.process(path).accepted == 14_850
    assert "a: int" in thresher.infer(path).source


def test_detection() -> None:
    for suffix, compress in COMPRESS.items():
        for data in (b"", SMALL):
            assert detect(compress(data)) == NAMES[suffix]
    for text in (b"", b"BZh,a\n", b"BZh9 bytes", b"a,b\n"):
        assert detect(text) is None


@pytest.mark.parametrize("suffix", COMPRESS)
def test_pieces_may_be_cut_anywhere(suffix: str) -> None:
    packed = COMPRESS[suffix](SMALL) + COMPRESS[suffix](SMALL)
    for size in (1, 2, 3, 7):
        pieces = (packed[at : at + size] for at in range(0, len(packed), size))
        assert b"".join(decompressed(pieces, NAMES[suffix], "x")) == SMALL + SMALL  # type: ignore[arg-type]
