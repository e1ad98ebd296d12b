"""Sinks: where records go. Targets enter, descriptors to write to leave, and at the end whole files.

Every file is written under a hidden name beside its target and takes the target's place only when all of them are
complete: all outputs of a run appear together, or none does. Standard output, devices and FIFOs cannot be replaced
and are written directly. This module never looks at a record. It does not wait for the disk either (no fsync):
what it promises holds when the program dies, not when the power fails.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType

from thresher.engine import Source
from thresher.errors import ConfigurationError, FileError
from thresher.target import SETTINGS, STDOUT, Role, Target, Targets, refuse_same
from thresher.unique import unique

__all__ = ["Sinks"]

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

_BLAMED: dict[str, Role] = {"accepted records": "accepted", "output": "accepted", "rejects": "rejects"}
_BLAME = re.compile(f"the ({'|'.join(_BLAMED)}) could not be written")
"""How both engines begin the message of a FileError that a descriptor of ours gave them."""


class _File:
    """One open output."""

    def __init__(self, target: Target, folders: dict[str, str]) -> None:
        self.target = target
        self.real = _real(target.name, folders)
        self.temporary: str | None = None
        """The hidden name that is written; None where the target is written directly."""
        self.backup: str | None = None
        """A second name of what the target was, while it is being replaced."""
        self.existed = False
        self.published = False
        self.fd: int | None = None

    def known_by(self) -> tuple[int, int] | str:
        """Return what tells the file from any other: its device and number, or its path where there is none yet."""
        if self.target.name == STDOUT:
            return STDOUT
        try:
            status = os.stat(self.real)
        except OSError:
            return self.real
        return status.st_dev, status.st_ino

    def open(self) -> None:
        """Open the temporary file, or the target itself where it cannot be replaced."""
        name = self.target.name
        if name == STDOUT:
            if sys.stdout is not None:
                sys.stdout.flush()
            self.fd = os.dup(1)
            return
        try:
            mode = os.stat(self.real).st_mode
            self.existed = True
        except FileNotFoundError:
            mode = 0
        if self.existed and stat.S_ISDIR(mode):
            raise FileError(f"{name!r} is a folder: name a file in it", errno=errno.EISDIR, filename=name)
        if self.existed and not stat.S_ISREG(mode):
            self.fd = os.open(self.real, os.O_WRONLY | os.O_CLOEXEC)
            return
        if self.existed and not os.access(self.real, os.W_OK):
            raise FileError(
                f"{name!r} exists and may not be written: change its permissions, or name another file",
                errno=errno.EACCES,
                filename=name,
            )
        folder, base = os.path.split(self.real)
        # Of 255 bytes that a name may have; a character has up to four.
        stem = base[:48]
        temporary = os.path.join(folder, f".{stem}.{unique()[:12]}.part")
        # 0o666 less the umask, as any other new file; O_EXCL so that nobody's file or symlink is written to.
        self.fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        self.temporary = temporary
        if self.existed:
            with suppress(OSError):
                os.fchmod(self.fd, stat.S_IMODE(mode))

    def close(self) -> None:
        """Close the descriptor; an error that the system kept until now appears here."""
        if self.fd is not None:
            fd, self.fd = self.fd, None
            os.close(fd)

    def keep_backup(self) -> None:
        """Give what the target is now a second name, so that a replacement can be undone."""
        if self.temporary is None or not self.existed:
            return
        backup = f"{self.temporary}.old"
        # Not every file system has links: then the replacement of this target cannot be undone.
        with suppress(OSError):
            os.link(self.real, backup)
            self.backup = backup

    def publish(self) -> None:
        """Put the temporary file in the place of the target."""
        if self.temporary is not None:
            os.replace(self.temporary, self.real)
            self.temporary, self.published = None, True

    def undo(self) -> bool:
        """Take a publication back; return whether the target is as it was before the run."""
        if not self.published:
            return True
        try:
            if self.backup is not None:
                os.replace(self.backup, self.real)
                self.backup = None
            elif self.existed:
                return False
            else:
                os.unlink(self.real)
        except OSError:
            return False
        self.published = False
        return True

    def discard(self) -> None:
        """Remove every trace beside the target."""
        with suppress(OSError):
            self.close()
        for path in (self.temporary, self.backup):
            if path is not None:
                with suppress(OSError):
                    os.unlink(path)
        self.temporary = self.backup = None


def _real(name: str, folders: dict[str, str]) -> str:
    """Return the path of a file without links in it.

    Args:
        name: of the file.
        folders: those that were looked at; outputs mostly have the same.
    """
    folder, base = os.path.split(name)
    if base in ("", os.curdir, os.pardir) or os.path.islink(name):
        real = os.path.realpath(name)
        # What /dev/fd/63 leads to may be a pipe, which no path names.
        return name if os.path.exists(name) and not os.path.lexists(real) else real
    if folder not in folders:
        folders[folder] = os.path.realpath(folder)
    return os.path.join(folders[folder], base)


class Sinks:
    """The open outputs of one run; a context manager.

    Inside it the engine writes to :attr:`accepted` and :attr:`rejects`; :meth:`publish` then makes all outputs
    appear. Leaving without that, by whatever exception, leaves nothing behind.
    """

    def __init__(self, targets: Targets, sources: Iterable[Source] = ()) -> None:
        """Prepare; nothing is opened yet.

        Args:
            targets: what to write.
            sources: what is read, so that no output takes the place of its own input.
        """
        self._targets = targets
        folders: dict[str, str] = {}
        self._files: dict[Role, _File] = {target.role: _File(target, folders) for target in targets.each()}
        self._sources = list(sources)

    @property
    def accepted(self) -> int | None:
        """The descriptor for accepted records, None where they are kept."""
        return self._fd("accepted")

    @property
    def rejects(self) -> int | None:
        """The descriptor for rejects, None where they come back in the outcome."""
        return self._fd("rejects")

    def __enter__(self) -> Sinks:
        """Open everything.

        Raises:
            ConfigurationError: two outputs are the same file, or one is one of the sources.
            FileError: a file cannot be written there.
        """
        try:
            refuse_same((file.target, file.known_by()) for file in self._files.values())
            self._refuse_sources()
            for file in self._files.values():
                try:
                    file.open()
                except FileError:
                    raise
                except OSError as error:
                    raise _cannot_open(file.target, error) from error
        except BaseException:
            self._discard()
            raise
        return self

    def write_headers(self, accepted: bytes, rejects: bytes) -> None:
        """Write the header line of those outputs that are CSV or TSV.

        Args:
            accepted: the header line of accepted records, line end included.
            rejects: the header line of rejects, line end included.
        """
        for role, line in (("accepted", accepted), ("rejects", rejects)):
            file = self._files.get(role)  # type: ignore[call-overload]
            if file is not None and file.target.format in ("csv", "tsv"):
                self._write(file, line)

    def publish(self, report: bytes) -> None:
        """Write the report and make all outputs appear, together.

        Args:
            report: the report's bytes; not used where no report was asked for.

        Raises:
            FileError: an output could not be completed or put in place. What was there before is still there,
                unless the message says otherwise.
        """
        if "report" in self._files:
            self._write(self._files["report"], report)
        files = list(self._files.values())
        for file in files:
            try:
                file.close()
            except OSError as error:
                raise _cannot_write([file.target], error) from error
        for file in files[:-1]:
            file.keep_backup()
        for file in files:
            try:
                file.publish()
            except BaseException as error:
                stuck = [f.target for f in files if not f.undo()]
                if not isinstance(error, OSError):
                    raise
                rest = f"{_names(stuck)} is new and could not be put back" if stuck else "nothing was published"
                raise FileError(
                    f"{file.target.name!r} could not be put in place: {error.strerror or error}; {rest}",
                    errno=error.errno,
                    filename=file.target.name,
                ) from error
        self._discard()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Remove what was not published, and name the files where writing to one failed."""
        role = _blamed(error)
        targets = [f.target for f in self._files.values() if f.target.role == role]
        self._discard()
        if targets and isinstance(error, OSError):
            raise _cannot_write(targets, error) from error

    def _fd(self, role: Role) -> int | None:
        file = self._files.get(role)
        return None if file is None else file.fd

    def _write(self, file: _File, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view and file.fd is not None:
                view = view[os.write(file.fd, view) :]
        except OSError as error:
            raise _cannot_write([file.target], error) from error

    def _discard(self) -> None:
        for file in self._files.values():
            file.discard()

    def _refuse_sources(self) -> None:
        """Refuse an output that is one of the sources, under whatever name."""
        if not self._files:
            return
        read: dict[tuple[int, int], str] = {}
        for source in self._sources:
            # By its name too: a compressed file and a file object are read through a pipe or a callable.
            for where in (source.fd, source.name):
                with suppress(OSError, ValueError):
                    status = os.stat(where) if where is not None else None
                    if status is not None and stat.S_ISREG(status.st_mode):
                        read[status.st_dev, status.st_ino] = source.name
        for file in self._files.values():
            with suppress(OSError):
                status = os.stat(file.real)
                if file.target.name != STDOUT and (status.st_dev, status.st_ino) in read:
                    raise ConfigurationError(
                        f"{SETTINGS[file.target.role]} {file.target.name!r} is the source "
                        f"{read[status.st_dev, status.st_ino]!r} itself: name another file"
                    )


def _blamed(error: BaseException | None) -> Role | None:
    """Return which output an engine could not write to; None where it was something else that failed."""
    if not isinstance(error, FileError) or error.filename is not None:
        return None
    begin = _BLAME.match(str(error))
    return _BLAMED[begin[1]] if begin else None


def _names(targets: Iterable[Target]) -> str:
    return " or ".join("standard output" if t.name == STDOUT else repr(t.name) for t in targets)


def _cannot_open(target: Target, error: OSError) -> FileError:
    folder = os.path.dirname(target.name) or "."
    if isinstance(error, FileNotFoundError):
        what = f"the folder {folder!r} does not exist: make it first"
    elif isinstance(error, NotADirectoryError):
        what = f"{folder!r} is no folder"
    elif isinstance(error, PermissionError) and os.path.exists(target.name):
        what = "it may not be written to: change its permissions, or name another file"
    elif isinstance(error, PermissionError):
        what = f"the folder {folder!r} may not be written to: change its permissions, or name another"
    else:
        what = error.strerror or str(error)
    return FileError(f"{target.name!r} cannot be written: {what}", errno=error.errno, filename=target.name)


def _cannot_write(targets: list[Target], error: OSError) -> FileError:
    what = error.strerror or str(error)
    if error.errno in FULL:
        what = f"{os.strerror(error.errno or 0)}; make room and run again"
    elif error.errno == errno.EPIPE:
        what = "the reader has gone away"
    return FileError(
        f"{_names(targets)} could not be written: {what}; nothing was published",
        errno=error.errno,
        filename=targets[0].name if targets else None,
    )
