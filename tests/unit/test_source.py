"""Whatever names a source is opened or refused in plain words, and its header is found."""

from __future__ import annotations

import errno
import gzip
import io
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.tables import CsvCase, malformed_csv
from thresher.config import Config
from thresher.errors import ConfigurationError, DataProcessingError, FileError
from thresher.source import Header, Opened, close_sources, open_sources

CASES = malformed_csv()
CSV = b"a,b\n1,2\n"


@contextmanager
def opened(source: Any, **settings: Any) -> Iterator[list[Opened]]:
    """Open sources and close them at the end."""
    found = open_sources(source, Config(**settings))
    try:
        yield found
    finally:
        close_sources(found)


@contextmanager
def one(source: Any, **settings: Any) -> Iterator[Opened]:
    """Open one source."""
    with opened(source, **settings) as found:
        (only,) = found
        yield only


def rest(source: Opened, header: Header) -> bytes:
    """Return what the engine finds behind the header."""
    given = source.source(0, header)
    if given.data is not None:
        return given.data[given.start :]
    data = given.head
    while piece := given.read(7) if given.read is not None else os.read(given.fd if given.fd is not None else -1, 7):
        data += piece
    return data[given.start :]


class Slow(io.BytesIO):
    """A file object that gives one byte at a time, as a socket may."""

    def read(self, n: int | None = -1, /) -> bytes:
        """Return at most one byte."""
        return super().read(min(1, n or 0))


@pytest.mark.parametrize("kind", ["bytes", "path", "file", "slow"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_header_of_the_table(case: CsvCase, kind: str, tmp_path: Path) -> None:
    """Every source of the table has the header that the table promises, or none for the reason it gives."""
    data = case.source()
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    source: Any = {"bytes": data, "path": path, "file": io.BytesIO(data), "slow": Slow(data)}[kind]
    header: bool | tuple[str, ...] = case.header or tuple(case.columns)
    settings = {"header": header, "max_record_bytes": case.max_record_bytes, "format": "csv"}
    with one(source, **settings, delimiter=case.delimiter) as found:
        if case.header_error is not None:
            reason = REASONS[case.header_error]
            with pytest.raises(DataProcessingError, match=reason):
                found.header(case.delimiter)
            return
        read = found.header(case.delimiter)
        if case.header:
            assert read.cells == list(case.columns)
        assert (read.start, read.start_line, read.blank_lines) == (case.start, case.first_line(), case.blank_before)
        assert rest(found, read) == data[case.start :]


REASONS = {
    "record_too_large": "longer than 3 bytes",
    "csv_stray_quote": "quote inside an unquoted cell",
    "csv_unclosed_quote": "not closed",
    "invalid_utf8": "name the encoding|use encoding=",
    "empty": "is empty",
}


def test_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path may be a str or a Path; the name is the path as it was given."""
    (tmp_path / "a.csv").write_bytes(CSV)
    monkeypatch.chdir(tmp_path)
    for source in ("a.csv", Path("a.csv"), str(tmp_path / "a.csv"), "./a.csv"):
        with one(source) as found:
            assert found.name == str(source)
            assert found.size == 8
            assert found.header(",").cells == ["a", "b"]
            given = found.source(3, found.header(","))
            assert (given.plan, given.start, given.start_line, given.size) == (3, 4, 2, 8)
            # So small a file is read when it is opened; the descriptor tells what file it is.
            assert (given.fd, given.data) == (None, b"a,b\n1,2\n")
            assert found.fd is not None
            os.fstat(found.fd)
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(found.fd)


def test_globs_and_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of a glob come by name; a list mixes all kinds of sources."""
    monkeypatch.chdir(tmp_path)
    for name in ("b.csv", "a.csv", "c.txt", "[x].csv"):
        Path(name).write_bytes(CSV)
    Path("d.csv").mkdir()
    Path("deep/er").mkdir(parents=True)
    Path("deep/er/e.csv").write_bytes(CSV)
    for source, names in {
        "?.csv": ["a.csv", "b.csv"],
        "**/e.csv": ["deep/er/e.csv"],
        "[x].csv": ["[x].csv"],
        "[ab].csv": ["a.csv", "b.csv"],
    }.items():
        with opened(source) as found:
            assert [each.name for each in found] == names
    with opened(["c.txt", Path("*.csv"), CSV, io.BytesIO(CSV)]) as found:
        assert [each.name for each in found] == ["c.txt", "[x].csv", "a.csv", "b.csv", "<bytes>", "<file>"]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes(kind: type) -> None:
    """Bytes of any kind are a source."""
    with one(kind(CSV)) as found:
        assert (found.name, found.size) == ("<bytes>", 8)
        assert rest(found, found.header(",")) == b"1,2\n"


def test_file_objects(tmp_path: Path) -> None:
    """A binary file object is read from where it stands, and left open."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"skipped\n" + CSV)
    with path.open("rb") as file:
        file.readline()
        with one(file) as found:
            assert found.name == str(path)
            assert rest(found, found.header(",")) == b"1,2\n"
        assert not file.closed


def test_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``-`` is descriptor 0, which stays open."""
    path = tmp_path / "in"
    path.write_bytes(CSV)
    saved = os.dup(0)
    with path.open("rb") as file:
        os.dup2(file.fileno(), 0)
        try:
            with one("-") as found:
                assert (found.name, found.size) == ("<stdin>", 8)
                assert rest(found, found.header(",")) == b"1,2\n"
            os.fstat(0)
            with pytest.raises(ConfigurationError, match="named twice"):
                open_sources(["-", "-"], Config())
        finally:
            os.dup2(saved, 0)
            os.close(saved)


def test_fifo(tmp_path: Path) -> None:
    """A FIFO is read once, from front to end."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    data = CSV + b"3,4\n" * 50_000
    writer = threading.Thread(target=lambda: path.write_bytes(data))
    writer.start()
    with one(path) as found:
        assert found.size is None
        header = found.header(",")
        assert rest(found, header) == data[4:]
    writer.join()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ordrs.csv", r"'ordrs.csv' does not exist; did you mean 'orders.csv'\?"),
        ("nowhere/orders.csv", "does not exist: there is no folder 'nowhere'"),
        ("orders.csv/x", "does not exist"),
        ("folder", r"is a folder: name a file in it, or a glob such as 'folder/\*.csv'"),
        ("*.tsv", r"no file matches '\*.tsv'"),
        ("nowhere/*.csv", "no file matches .*: there is no folder 'nowhere'"),
    ],
)
def test_files_that_cannot_be_opened(name: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says why, and what there is instead."""
    monkeypatch.chdir(tmp_path)
    Path("orders.csv").write_bytes(CSV)
    Path("folder").mkdir()
    with pytest.raises(FileError, match=message) as info:
        open_sources(name, Config())
    assert info.value.errno in (errno.ENOENT, errno.ENOTDIR, errno.EISDIR)
    assert info.value.filename == name


@pytest.mark.parametrize(
    ("number", "message"),
    [(errno.EACCES, "may not be read"), (errno.EMFILE, "too many files"), (errno.EIO, "Input/output error")],
)
def test_the_system_refuses(number: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors of the system keep their number; what was already open is closed."""
    path = tmp_path / "a.csv"
    path.write_bytes(CSV)
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    real = os.open

    def refuse(name: Any, *args: Any) -> int:
        if name == "b.csv":
            raise OSError(number, os.strerror(number))
        return real(name, *args)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(FileError, match=message) as info:
        open_sources([path, "b.csv"], Config())
    assert info.value.errno == number
    monkeypatch.undo()
    if before:
        assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("https://example.org/a.csv", "URLs are not supported yet"),
        ("s3://bucket/*.csv", "URLs are not supported yet"),
        ("a,b\n1,2\n", "looks like data"),
        ("a,b*\n1,2\n", "looks like data"),
        ("a\0b", "looks like data"),
        ("", "empty text"),
        ([], "list of sources is empty"),
        (None, "cannot be of type 'NoneType'"),
        (5, "cannot be of type 'int'"),
        ({"a": 1}, "cannot be of type 'dict'"),
        ([CSV, 5], "cannot be of type 'int'"),
        (io.StringIO("a,b\n"), "opened as text"),
        (b"PK\x03\x04", "ZIP archive or a spreadsheet"),
    ],
)
def test_no_source(source: Any, message: str) -> None:
    """What is no source, or none that is supported, is refused with the reason."""
    with pytest.raises(ConfigurationError, match=message):
        open_sources(source, Config())


class Reader:
    """A file object whose read does as it is told."""

    def __init__(self, answer: Any) -> None:
        """Keep the answer."""
        self.answer = answer

    def read(self, n: int) -> Any:
        """Return or raise it."""
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        ("a,b\n", ConfigurationError, "gives text"),
        (None, FileError, "does not block"),
        (5, ConfigurationError, "returned 'int', not bytes"),
        (b"x" * 100_000, ConfigurationError, "returned 100000 bytes"),
        (OSError(errno.EIO, "Input/output error"), FileError, "could not be read: Input/output error"),
        (ValueError("I/O operation on closed file"), FileError, "closed file"),
    ],
)
def test_file_objects_that_break_their_contract(answer: Any, error: type[Exception], message: str) -> None:
    """A file object that gives anything but bytes is refused when it is read."""
    with pytest.raises(error, match=message):
        open_sources(Reader(answer), Config())


def test_format_and_delimiters(tmp_path: Path) -> None:
    """The format comes from the settings, the suffix or the first byte; it decides which delimiters are tried."""
    for name, data, settings, expected in [
        ("a.csv", CSV, {}, list(",;\t|")),
        ("a.TSV", b"a\tb\n", {}, ["\t"]),
        ("a.tsv", CSV, {"format": "csv"}, list(",;\t|")),
        ("a.txt", b"{a},b\n", {}, list(",;\t|")),
        ("a.csv", CSV, {"format": "tsv"}, ["\t"]),
        ("a.tsv", CSV, {"delimiter": ":"}, [":"]),
        ("a.json", b"[a],b\n", {"format": "csv"}, list(",;\t|")),
        ("a.dat", CSV, {}, list(",;\t|")),
    ]:
        path = tmp_path / str(name)
        path.write_bytes(bytes(data))  # type: ignore[call-overload]
        with one(path, **settings) as found:  # type: ignore[arg-type]
            assert found.delimiters() == expected


ONE_OBJECT = "one JSON object that goes on over several lines"


@pytest.mark.parametrize(
    ("name", "data", "settings", "expected"),
    [
        ("a.json", b"[]", {}, 1),
        ("a.JSON.gz", gzip.compress(b"\n [1]", mtime=0), {}, 3),
        ("a.json", b"\xef\xbb\xbf\n [1]", {}, 6),
        ("a", b" [1]", {}, 2),
        ("a.csv", b"[1]", {"format": "json"}, 1),
        ("a.json", b'{"a":1}\n{"a":2}\n', {}, "jsonl"),
        ("a.json", b'{"a":"x\n{"a":2}\n', {}, "jsonl"),
        ("a.json", b'{"a":\n', {}, "jsonl"),
        ("a.json", b'{"a":[1,2]}', {}, "jsonl"),
        ("a.json", b'{"a":1}\n"b"\n', {}, "jsonl"),
        ("a.json", b'{\n  "a": 1\n}\n', {}, ONE_OBJECT),
        ("a", b'{"a": {\n\n\t"b": 1}}', {}, ONE_OBJECT),
        ("a.json", b"{\n}", {}, ONE_OBJECT),
        ("a.json", b'{\n"a":1}', {"format": "jsonl"}, "jsonl"),
        ("a.json", b'{"a":1}', {"format": "json"}, "use format='jsonl'"),
        ("a.json", CSV, {}, r"begins with 'a,b.*', not with the '\[' of a JSON array"),
        ("a.json", b"null", {}, "begins with 'null'"),
        ("a.json", b"", {}, "is empty: an array without records is"),
        ("a.json", b" \n", {}, "is empty"),
        ("a.json", b" " * 70_000 + b"[", {}, "more than 65536 bytes of white space"),
        ("a.json", b"\xff\xfe[\0]\0", {}, "use encoding='utf-16'"),
    ],
)
def test_json(name: str, data: bytes, settings: dict[str, Any], expected: Any, tmp_path: Path) -> None:
    """A file named .json is an array or JSON Lines; what is neither is refused with what to do."""
    path = tmp_path / name
    path.write_bytes(data)
    if isinstance(expected, str) and expected != "jsonl":
        with pytest.raises(DataProcessingError, match=expected):  # noqa: SIM117
            with one(path, **settings) as found:
                found.beginning()
        return
    with one(path, **settings) as found:
        assert found.format == ("json" if isinstance(expected, int) else expected)
        if isinstance(expected, int):
            assert found.beginning().start == expected


def test_json_lines(tmp_path: Path) -> None:
    """JSON Lines are told by the settings, the suffix or the first byte; they have no header."""
    line = b'{"a": 1}\n'
    for name, data, settings, start in [
        ("a.jsonl", line, {}, 0),
        ("a.NDJSON", CSV, {}, 0),
        ("a.txt", line, {"format": "jsonl"}, 0),
        ("a.json", line, {"format": "jsonl"}, 0),
        ("a.dat", b"\n " + line, {}, 0),
        ("a.dat", b"\xef\xbb\xbf" + line, {}, 3),
    ]:
        path = tmp_path / name
        path.write_bytes(data)
        with one(path, **settings) as found:  # type: ignore[arg-type]
            assert found.format == "jsonl"
            assert found.beginning() == Header(cells=[], start=start, start_line=1, blank_lines=0)
            assert rest(found, found.beginning()) == data[start:]
    with one(b"\xef\xbb\xbf" + line) as found:
        assert found.format == "jsonl"


def test_headers_under_each_delimiter() -> None:
    """A header that is malformed under one delimiter may be sound under another."""
    with one(b'a;"b,c"\n1;2\n') as found:
        headers = found.headers()
        assert {delimiter: header.cells for delimiter, header in headers.items()} == {";": ["a", "b,c"]}
    with one(b'x"y,z\n') as found, pytest.raises(DataProcessingError, match="line 1: the header has a quote inside"):
        found.headers()


def test_header_far_behind() -> None:
    """Blank lines before the header are passed over, up to a limit that does not depend on the kind of source."""
    for data in (b"\n" * 60_000 + CSV, b"\r\n" * 32_768 + CSV):
        for source in (data, io.BytesIO(data)):
            with one(source) as found:
                assert found.header(",").cells == ["a", "b"]
                assert found.header(",").start == len(data) - 4
    for data in (b"\n" * 65_537 + CSV, b"\n" * 3_000_000):
        for source in (data, io.BytesIO(data)):
            with one(source, max_record_bytes=1000) as found, pytest.raises(DataProcessingError, match="blank lines"):
                found.header(",")


def test_an_endless_header_is_not_read_to_its_end() -> None:
    """No more than the longest record, the blank lines before it and one read more see that a header is too long."""
    read = 0

    class Endless:
        def read(self, n: int) -> bytes:
            nonlocal read
            read += n
            return b"x" * n

    with one(Endless(), max_record_bytes=100_000) as found, pytest.raises(DataProcessingError, match="100000 bytes"):
        found.header(",")
    assert read <= 100_000 + (1 << 16) + 2 + (1 << 16)


def test_sources_without_header() -> None:
    """The first record tells the delimiter; the source starts behind the byte order mark."""
    with one(b"\xef\xbb\xbf\n1;2\n", header=False) as found:
        assert found.header(";") == Header(cells=["1", "2"], start=3, start_line=1, blank_lines=0)
    with one(b"", header=("a", "b")) as found:
        assert found.headers()[","] == Header(cells=[], start=0, start_line=1, blank_lines=0)
    with one(b'"', header=("a", "b")) as found:
        assert found.headers()[","].cells == []


@pytest.mark.parametrize("kind", ["bytes", "file"])
def test_sample(kind: str) -> None:
    """A sample gives the sound records at the head and leaves the whole source to the engine."""
    data = b"a,b\n1,2\n3\n" + b"4,5\n" * 200_000
    with one(data if kind == "bytes" else io.BytesIO(data)) as found:
        header = found.header(",")
        cells = list(found.sample(",", header, 10_000))
        assert cells == [["1", "2"]] + [["4", "5"]] * 9_998
        assert rest(found, header) == data[4:]


def test_sample_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample of long records ends early, and not with a record that is cut off."""
    monkeypatch.setattr("thresher.opened.SAMPLE_BYTES", 1050)
    data = b"a,b\n" + b"1,%s\n" % (b"x" * 97) * 20
    with one(io.BytesIO(data)) as found:
        header = found.header(",")
        assert list(found.sample(",", header, 10_000)) == [["1", "x" * 97]] * 10
        assert rest(found, header) == data[4:]
