"""Source: whatever the user named as input enters, opened sources leave: paths, globs, lists, bytes, files, ``-``.

Says in plain words why something cannot be opened. Never looks at a schema, and of what a source holds only at the
first bytes, to tell its format.
"""

from __future__ import annotations

import errno
import glob
import io
import os
import re
import stat
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from thresher._python.element import SPACE, Element
from thresher._python.window import MARK
from thresher.compression import LOOK_BYTES, detect, without_suffix
from thresher.config import Config
from thresher.decode import codec
from thresher.errors import ConfigurationError, DataProcessingError, FileError, closest
from thresher.opened import Header, Opened
from thresher.stream import limited

__all__ = ["Header", "Opened", "Readable", "SourceLike", "close_sources", "open_sources", "shown_name"]


@runtime_checkable
class Readable(Protocol):
    """A binary file object: an open file, ``io.BytesIO``, the response of an HTTP library."""

    def read(self, n: int, /) -> bytes:
        """Return at most n bytes, none at the end."""
        ...


One: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | Readable
SourceLike: TypeAlias = One | Sequence[One]
"""A path, a glob, ``-`` for standard input, bytes, a binary file object, or a list of them."""

STDIN = "-"

Format: TypeAlias = Literal["csv", "tsv", "jsonl", "json"]

SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}

FIRST_BYTES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive or a spreadsheet"),
    (b"\xd0\xcf\x11\xe0", "a spreadsheet"),
    (b"PAR1\x15", "a Parquet file"),
    (b"ARROW1\x00\x00", "an Arrow file"),
    (b"%PDF-", "a PDF document"),
)
"""What is neither CSV nor JSON whatever its suffix, by its first bytes."""


AT_ONCE = 4
"""Small files that are held in memory as a whole; of more files no more than their beginnings are."""


def open_sources(source: SourceLike, config: Config) -> list[Opened]:
    """Open everything that a source names, in order.

    Args:
        source: a path, a glob, ``-``, bytes, a binary file object, or a list or tuple of them. The files of a glob
            come in the order of their names.
        config: the settings.

    Raises:
        ConfigurationError: it is no source, or one of a format that is not supported.
        DataProcessingError: it is one JSON object, not records.
        FileError: a file is missing or cannot be read.
    """
    named: Sequence[object] = source if isinstance(source, list | tuple) else [source]
    opened: list[Opened] = []
    try:
        for one in named:
            for each in _expand(one):
                if isinstance(each, str) and each == STDIN and any(other.name == "<stdin>" for other in opened):
                    raise ConfigurationError("'-' is named twice: standard input can be read only once")
                opened.append(_open(each, config))
        if not opened:
            raise ConfigurationError("the list of sources is empty: name at least one")
        for found in opened:
            if len(opened) <= AT_ONCE:
                found.read_whole()
            _unpack(found, config)
            found.format = _format(found, config)
    except BaseException:
        close_sources(opened)
        raise
    return opened


def close_sources(opened: Iterable[Opened]) -> None:
    """Close what :func:`open_sources` opened. File objects and standard input are left open."""
    for each in opened:
        each.close()


def _expand(one: object) -> Sequence[object]:
    """Return the files that a glob matches, and anything else as it is."""
    if not isinstance(one, str | os.PathLike):
        return [one]
    path = os.fspath(one)
    if not isinstance(path, str) or path == STDIN or not re.search(r"[*?\[]", path) or os.path.lexists(path):
        return [one]
    if "://" in path or "\n" in path:
        return [one]
    matches = [match for match in glob.glob(path, recursive=True) if not os.path.isdir(match)]
    if not matches:
        raise FileError(f"no file matches {path!r}{_where(path)}", errno=errno.ENOENT, filename=path)
    return sorted(matches)


def _open(one: object, config: Config) -> Opened:
    if isinstance(one, bytes | bytearray | memoryview):
        data = bytes(one)
        return Opened("<bytes>", config, data=data, size=len(data))
    if isinstance(one, str | os.PathLike):
        path = os.fspath(one)
        if isinstance(path, str):
            return _open_stdin(config) if one == STDIN else _open_path(path, config)
    elif isinstance(one, io.TextIOBase):
        raise ConfigurationError("the source is a file opened as text: open it with mode 'rb', or pass its .buffer")
    elif isinstance(one, Readable):
        given = getattr(one, "name", None)
        name = shown_name(given) if isinstance(given, str) else "<file>"
        return Opened(name, config, read=_checked(one, name))
    raise ConfigurationError(
        f"a source cannot be of type {type(one).__name__!r}: give a path, a glob, bytes, a binary file object, '-' for "
        "standard input, or a list of them"
    )


def _open_stdin(config: Config) -> Opened:
    try:
        size = _size(0, os.fstat(0))
    except OSError as error:
        message = f"standard input could not be read: {error.strerror}"
        raise FileError(message, errno=error.errno, filename="<stdin>") from error
    return Opened("<stdin>", config, fd=0, size=size)


def _open_path(path: str, config: Config) -> Opened:
    name = shown_name(path)
    fd = -1
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        status = os.fstat(fd)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        return Opened(name, config, fd=fd, size=_size(fd, status), owned=True)
    except (OSError, ValueError) as error:
        if fd >= 0:
            os.close(fd)
        raise _cannot_open(path, name, error) from error


def _cannot_open(path: str, name: str, error: OSError | ValueError) -> ConfigurationError | FileError:
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", path):
        return ConfigurationError(f"{name!r}: URLs are not supported yet; download it and give the path")
    if not path:
        return ConfigurationError("the source is an empty text: give a path")
    if re.search(r"[\n\r\0]", path) or isinstance(error, ValueError):
        begin = path[:40] + ("…" if len(path) > 40 else "")
        return ConfigurationError(
            f"the source {begin!r} looks like data, not like a path: to process data in memory pass it as bytes, for "
            "example text.encode()"
        )
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        what = f"{name!r} does not exist{_where(path)}"
    elif isinstance(error, IsADirectoryError):
        what = f"{name!r} is a folder: name a file in it, or a glob such as {os.path.join(name, '*.csv')!r}"
    elif isinstance(error, PermissionError):
        what = f"{name!r} may not be read: change its permissions, or run as somebody who may"
    elif error.errno in (errno.EMFILE, errno.ENFILE):
        what = f"{name!r} could not be opened, too many files are open: raise `ulimit -n`, or name fewer files at once"
    else:
        what = f"{name!r} could not be opened: {error.strerror}"
    return FileError(what, errno=error.errno, filename=name)


def _where(path: str) -> str:
    """Return what the folder of a missing file has instead."""
    folder, base = os.path.split(path)
    try:
        return closest(base, os.listdir(folder or "."))
    except OSError:
        if re.search(r"[*?\[]", folder):
            return ""
        return f": there is no folder {folder!r}"


def _size(fd: int, status: os.stat_result) -> int | None:
    """Return the bytes from here to the end of a regular file."""
    return max(0, status.st_size - os.lseek(fd, 0, os.SEEK_CUR)) if stat.S_ISREG(status.st_mode) else None


def shown_name(name: str) -> str:
    """Return a name as UTF-8 can show it; file names may hold any bytes."""
    try:
        return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return name.encode("utf-8", "backslashreplace").decode()


def _checked(file: Readable, name: str) -> Callable[[int], bytes]:
    """Return a file object's ``read`` that keeps to what an engine relies on."""

    def read(n: int) -> bytes:
        try:
            piece: object = file.read(n)
        except (OSError, ValueError) as error:
            # ValueError: the file is closed, or was opened for writing.
            what = getattr(error, "strerror", None) or str(error)
            raise FileError(
                f"{name!r} could not be read: {what}", errno=getattr(error, "errno", None), filename=name
            ) from error
        if isinstance(piece, str):
            raise ConfigurationError(f"{name!r} gives text: open it with mode 'rb', or pass its .buffer")
        if piece is None:
            raise FileError(
                f"{name!r} had no bytes ready: it does not block; pass a file that does",
                errno=errno.EAGAIN,
                filename=name,
            )
        if not isinstance(piece, bytes | bytearray | memoryview):
            raise ConfigurationError(f"{name!r}: its read returned {type(piece).__name__!r}, not bytes")
        if len(piece) > n:
            raise ConfigurationError(f"{name!r}: its read({n}) returned {len(piece)} bytes")
        return bytes(piece)

    return read


def _unpack(opened: Opened, config: Config) -> None:
    """Have a source decompressed, decoded and limited, where any of that is called for."""
    begin = opened.peek(LOOK_BYTES)
    compression, encoding = detect(begin), codec(config.encoding)
    _, said = without_suffix(opened.name)
    # The name of a file object says nothing: that of gzip.open is the name of the compressed file.
    if said is not None and compression is None and opened.is_file:
        what = f"it begins with {begin!r}" if begin else "it is empty"
        raise FileError(
            f"{opened.name!r} is named as compressed with {said} and is not, {what}: rename it, or have it sent again",
            filename=opened.name,
        )
    limit = config.max_bytes
    if compression is not None or encoding is not None or (limit is not None and opened.size is None):
        opened.unpack(compression, encoding)
    elif limit is not None and opened.size is not None and opened.size > limit:
        raise limited(opened.name, limit)


def _format(opened: Opened, config: Config) -> Format:
    """Return the format: the one in the settings, else by suffix, else by the first byte."""
    begin = opened.peek(4096)
    if opened.compression is not None and detect(begin) is not None:
        raise ConfigurationError(f"{opened.name!r} is compressed twice: decompress it once first")
    if begin[257:262] == b"ustar":
        raise ConfigurationError(f"{opened.name!r} is a tar archive: unpack it, and name the files in it")
    for first, what in FIRST_BYTES:
        if begin.startswith(first):
            raise ConfigurationError(
                f"{opened.name!r} is {what}, which is not supported yet: make a CSV file or JSON Lines of it first"
            )
    if config.format != "auto":
        return config.format
    known = SUFFIXES.get(os.path.splitext(without_suffix(opened.name)[0])[1].lower())
    if known in (None, "json"):
        text = begin.removeprefix(MARK).lstrip(SPACE)
        if text.startswith(b"{"):
            # Many write JSON Lines into files whose names end in .json.
            _refuse_one_object(opened.name, text)
            return "jsonl"
        return known or ("json" if text.startswith(b"[") else "csv")
    return known


def _refuse_one_object(name: str, text: bytes) -> None:
    """Refuse a single object that goes on over several lines.

    Raises:
        DataProcessingError: the source is one.
    """
    first, _, rest = text.partition(b"\n")
    whole = Element(0).feed(first.rstrip(SPACE), 0)
    if whole is None and rest.lstrip(SPACE).startswith((b'"', b"}")):
        raise DataProcessingError(
            f"{name!r} is one JSON object that goes on over several lines, not records: put the records into an array, "
            "[…], or one object on each line; where they are an array under one of its keys, take that out first, for "
            "example with: jq .records FILE > records.json"
        )
