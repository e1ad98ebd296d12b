"""Sources that are not UTF-8: the records of the same text in UTF-8, and nothing lost where bytes are wrong."""

from __future__ import annotations

import gzip
import io
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import thresher
from thresher.decode import codec, decoded
from thresher.errors import ConfigurationError, DataProcessingError, FileError


class Row(BaseModel):
    """A record."""

    name: str
    town: str
    count: int


TEXT = 'name,town,count\nJosé,"Málaga, Süd",1\nJürgen,Köln,two\nÅsa,Ålesund,3\n'
BIG = "name,town,count\n" + "".join(f"José {n},Köln{'ü' * (n % 7)},{n if n % 9 else 'x'}\n" for n in range(15_000))
WIDE = "name,town,count\n日本,東京,1\n中国,北京,two\n"


def _process(source: Any, engine: str, **settings: Any) -> thresher.Result:
    return thresher.process(source, Row, engine=engine, **settings)


def _facts(result: thresher.Result) -> Any:
    return list(result.records()), [(r.record, r.line, r.byte_offset, r.raw, r.errors) for r in result.rejects]


@pytest.mark.parametrize("text", [TEXT, BIG], ids=["small", "big"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "UTF8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "windows-1252",
                 "iso-8859-15", "cp437", "utf-7", "mac-roman"],
)  # fmt: skip
def test_the_result_is_that_of_the_same_text(encoding: str, text: str, engine: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(text.encode(encoding))
    offset = 3 if encoding == "utf-8-sig" else 0
    plain = _process(b"\xef\xbb\xbf" * (offset // 3) + text.encode(), engine)
    with path.open("rb") as file:
        for source in (path, path.read_bytes(), io.BytesIO(path.read_bytes()), file):
            result = _process(source, engine, encoding=encoding)
            assert _facts(result) == _facts(plain)
            assert result.report.bytes == len(text.encode()) + offset
    assert [thread for thread in threading.enumerate() if thread.name.startswith("thresher")] == []


@pytest.mark.parametrize("encoding", ["shift_jis", "gb18030", "euc-jp", "big5", "utf-16", "iso2022_jp"])
def test_encodings_of_several_bytes(encoding: str, engine: str) -> None:
    text = WIDE if encoding in ("gb18030", "utf-16") else WIDE.replace("中国", "日本").replace("北京", "京")
    assert _facts(_process(text.encode(encoding), engine, encoding=encoding)) == _facts(_process(text.encode(), engine))


def test_the_report_says_how_it_was_encoded(engine: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(TEXT.encode("utf-16")))
    report = tmp_path / "report.json"
    _process(path, engine, encoding="UTF-16", report=report)
    (source,) = json.loads(report.read_text())["sources"]
    assert (source["encoding"], source["compression"]) == ("utf-16", "gzip")
    assert source["bytes"] == len(TEXT.encode())


def test_a_mark_of_utf_16_with_the_order_named(engine: str) -> None:
    """The mark is then a mark of UTF-8 and is skipped."""
    result = _process(b"\xff\xfe" + TEXT.encode("utf-16-le"), engine, encoding="utf-16-le")
    assert (result.accepted, result.rejects[0].byte_offset) == (2, 3 + TEXT.encode().index("Jürgen".encode()))


@pytest.mark.parametrize(("encoding", "named"), [("utf-16", "utf-16"), ("utf-32", "utf-32")])
@pytest.mark.parametrize("settings", [{}, {"header": False}, {"format": "jsonl"}])
def test_a_mark_without_the_setting(encoding: str, named: str, settings: dict[str, Any], engine: str) -> None:
    with pytest.raises(DataProcessingError, match=f"byte order mark of {named.upper()}: use encoding='{named}'"):
        _process(TEXT.encode(encoding), engine, **settings)


def test_utf_16_without_a_mark(engine: str) -> None:
    with pytest.raises(FileError, match=r"no byte order mark: name the order with encoding='utf-16-le' or"):
        _process(TEXT.encode("utf-16-le"), engine, encoding="utf-16")


@pytest.mark.parametrize(
    ("encoding", "wrong"),
    [("windows-1252", b"\x81"), ("ascii", b"\xc3\xa9"), ("shift_jis", b"\xfd"), ("utf-7", b"\xe9")],
)
def test_wrong_bytes_cost_their_record(encoding: str, wrong: bytes, engine: str) -> None:
    """Also where the wrong bytes would be UTF-8 by chance; they can be had again."""
    source = b"name,town,count\na,b,1\nc" + wrong + b",d,2\ne,f,3\n"
    result = _process(source, engine, encoding=encoding)
    assert [row.count for row in result.records()] == [1, 3]
    (reject,) = result.rejects
    assert (reject.errors[0]["type"], reject.record, reject.line) == ("invalid_utf8", 2, 3)
    kept = reject.raw.decode("utf-8", "surrogatepass")
    back = "".join(chr(ord(c) - 0xDC00) if c >= "\udc00" else c for c in kept)
    assert back.encode("latin-1") == b"c" + wrong + b",d,2"


@pytest.mark.parametrize("wrong", [b"\x00\xd8", b"\x00\xdc"], ids=["high", "low"])
def test_half_a_surrogate_pair_costs_its_record(wrong: bytes, engine: str) -> None:
    source = "name,town,count\na,b,1\nc".encode("utf-16") + wrong + ",d,2\ne,f,3\n".encode("utf-16-le")
    result = _process(source, engine, encoding="utf-16")
    assert [row.count for row in result.records()] == [1, 3]
    assert result.error_counts[0].type == "invalid_utf8"


def test_half_a_unit_at_the_end(engine: str) -> None:
    result = _process("name,town,count\na,b,1\nc,d,2".encode("utf-16") + b"\x33", engine, encoding="utf-16")
    assert (result.accepted, result.error_counts[0].type) == (1, "invalid_utf8")


def test_wrong_bytes_in_the_header(engine: str) -> None:
    with pytest.raises(DataProcessingError, match="holds bytes that are not cp1252: is encoding='cp1252' right"):
        _process(b"na\x81me,town,count\na,b,1\n", engine, encoding="windows-1252")
    with pytest.raises(DataProcessingError, match="name the encoding of the source"):
        _process(TEXT.replace("town", "stødt").encode("latin-1"), engine)


def test_a_broken_pipe_of_a_file_object_is_raised(engine: str) -> None:
    class Broken(io.BytesIO):
        def read(self, n: int | None = -1, /) -> bytes:
            if self.tell() > 300_000:
                raise BrokenPipeError(32, "Broken pipe")
            return super().read(n)

    with pytest.raises(FileError, match="could not be read: Broken pipe"):
        _process(Broken(BIG.encode("latin-1")), engine, encoding="latin-1")


@pytest.mark.parametrize("name", ["utf-61", "latin_one", "", "a\0b", "hex", "base64", "rot13", "zlib", "undefined"])
def test_no_encoding(name: str) -> None:
    with pytest.raises(ConfigurationError, match="encoding"):
        thresher.Config(encoding=name)


def test_a_name_that_is_close() -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'windows-1252'"):
        thresher.Config(encoding="window-1252")


def test_every_codec_of_text_can_be_used() -> None:
    import encodings.aliases

    for name in sorted(set(encodings.aliases.aliases.values())):
        try:
            found = codec(name)
        except ConfigurationError:
            continue
        if found is not None and found not in ("idna", "punycode"):
            pieces = (bytes([byte]) for byte in "a,b\n1,2\n".encode(found))
            assert b"".join(decoded(pieces, found, "x")).removeprefix(b"\xef\xbb\xbf") == b"a,b\n1,2\n"


def test_fsspec_files(engine: str, tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(BIG.encode("latin-1")))
    with fsspec.open(f"file://{path}") as file:
        packed = _process(file, engine, encoding="latin-1")
    with fsspec.open(f"file://{path}", compression="gzip") as file:
        unpacked = _process(file, engine, encoding="latin-1")
    assert packed.read == unpacked.read == 15_000
    assert _facts(packed) == _facts(unpacked)
