"""Outputs appear whole and together, or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from thresher import sink
from thresher.engine import Source
from thresher.errors import ConfigurationError, FileError
from thresher.sink import Sinks
from thresher.target import Target, Targets


def _targets(folder: Path) -> Targets:
    return Targets.named(folder / "good.csv", folder / "bad.jsonl", folder / "report.json")


def _write(sinks: Sinks) -> None:
    assert sinks.accepted is not None
    assert sinks.rejects is not None
    os.write(sinks.accepted, b"1\n")
    os.write(sinks.rejects, b"{}\n")


def _write_then_raise(sinks: Sinks, error: type[BaseException]) -> None:
    _write(sinks)
    raise error


def _publish(folder: Path) -> None:
    with Sinks(_targets(folder)) as sinks:
        _write(sinks)
        sinks.publish(b"{}")


def _contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(folder.iterdir())}


class TestNames:
    @pytest.mark.parametrize(
        ("name", "format"),
        [
            ("a.csv", "csv"),
            ("a.CSV", "csv"),
            ("a.tsv", "tsv"),
            ("b/a.jsonl", "jsonl"),
            ("a.b.ndjson", "jsonl"),
            ("-", "jsonl"),
        ],
    )
    def test_formats_of_accepted_records(self, name: str, format: str) -> None:
        assert Target.named("accepted", name).format == format

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("a.parquet", ".parquet is not supported yet; use .csv, .tsv, .jsonl or .ndjson"),
            ("a.csv.gz", ".gz is not supported yet"),
            ("a.jsnl", "the suffix '.jsnl' names no format; did you mean '.jsonl'"),
            ("a", "there is no suffix to tell the format; use .csv"),
            ("", "is no path"),
            (b"a.csv", "is no path"),
        ],
    )
    def test_names_that_mean_nothing(self, name: str, words: str) -> None:
        with pytest.raises(ConfigurationError) as caught:
            Target.named("accepted", name)
        assert words in str(caught.value)

    def test_each_output_has_formats_of_its_own(self) -> None:
        with pytest.raises(ConfigurationError, match=r"rejects 'a.tsv'.*use .jsonl, .ndjson or .csv"):
            Target.named("rejects", "a.tsv")
        with pytest.raises(ConfigurationError, match=r"report 'a.jsonl'.*use .json$"):
            Target.named("report", "a.jsonl")

    def test_two_names_of_one_file(self, tmp_path: Path) -> None:
        (tmp_path / "folder").symlink_to(tmp_path)
        with pytest.raises(ConfigurationError, match="rejects and output are the same file"):
            Targets.named(tmp_path / "a.csv", tmp_path / "folder" / "a.csv", None)
        with pytest.raises(ConfigurationError, match="same file"):
            Targets.named("-", "-", None)

    def test_a_link_to_the_other_output(self, tmp_path: Path) -> None:
        (tmp_path / "link.csv").symlink_to(tmp_path / "a.csv")
        targets = Targets.named(tmp_path / "a.csv", tmp_path / "link.csv", None)
        with pytest.raises(ConfigurationError, match="rejects and output are the same file"), Sinks(targets):
            pass
        assert [path.name for path in tmp_path.iterdir()] == ["link.csv"]

    def test_one_pipe_by_two_names(self, tmp_path: Path) -> None:
        out, into = os.pipe()
        again = os.dup(into)
        targets = Targets.named(f"/dev/fd/{into}", f"/dev/fd/{again}", None)
        with pytest.raises(ConfigurationError, match="same file"), Sinks(targets):
            pass
        for each in (out, into, again):
            os.close(each)

    def test_a_file_that_is_named_as_standard_output(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        with Sinks(Targets.named("-", "./-.jsonl", None)) as sinks:
            sinks.publish(b"")
        assert (tmp_path / "-.jsonl").exists()

    def test_nothing_may_be_written_to_nowhere_twice(self) -> None:
        assert Targets.named(os.devnull, os.devnull, None).each()


class TestPublishing:
    def test_all_outputs_appear_together(self, tmp_path: Path) -> None:
        with Sinks(_targets(tmp_path)) as sinks:
            sinks.write_headers(b"a\n", b"never: these rejects are JSON\n")
            _write(sinks)
            assert not list(tmp_path.glob("[!.]*")), "nothing is to be seen before the end"
            sinks.publish(b"{}")
        assert _contents(tmp_path) == {"bad.jsonl": "{}\n", "good.csv": "a\n1\n", "report.json": "{}"}

    @pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
    def test_nothing_is_left_of_a_run_that_fails(self, tmp_path: Path, error: type[BaseException]) -> None:
        (tmp_path / "good.csv").write_text("before")
        with pytest.raises(error), Sinks(_targets(tmp_path)) as sinks:
            _write_then_raise(sinks, error)
        assert _contents(tmp_path) == {"good.csv": "before"}

    def test_leaving_without_publishing_publishes_nothing(self, tmp_path: Path) -> None:
        with Sinks(_targets(tmp_path)) as sinks:
            _write(sinks)
        assert _contents(tmp_path) == {}

    @pytest.mark.parametrize("failing", [1, 2, 3])
    @pytest.mark.parametrize("error", [OSError(errno.EIO, "broken"), KeyboardInterrupt()])
    def test_what_was_there_is_back_where_one_cannot_be_put_in_place(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int, error: BaseException
    ) -> None:
        (tmp_path / "good.csv").write_text("before")
        (tmp_path / "report.json").write_text("before")
        replace, calls = os.replace, 0

        def breaking(here: str, there: str) -> None:
            nonlocal calls
            calls += 1
            if calls == failing:
                raise error
            replace(here, there)

        monkeypatch.setattr(sink.os, "replace", breaking)
        expected: type[BaseException] = FileError if isinstance(error, OSError) else KeyboardInterrupt
        with pytest.raises(expected) as caught:
            _publish(tmp_path)
        assert _contents(tmp_path) == {"good.csv": "before", "report.json": "before"}
        if expected is FileError:
            assert "could not be put in place: broken; nothing was published" in str(caught.value)

    def test_it_is_said_what_could_not_be_put_back(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "bad.jsonl").write_text("before")
        monkeypatch.setattr(sink.os, "link", _refuse)
        replace = os.replace
        monkeypatch.setattr(sink.os, "replace", lambda a, b: replace(a, b) if "bad" in b else _refuse())
        with pytest.raises(FileError, match=r"bad.jsonl' is new and could not be put back"):
            _publish(tmp_path)

    def test_a_new_file_has_the_mode_of_any_new_file(self, tmp_path: Path) -> None:
        before = os.umask(0o027)
        try:
            with Sinks(_targets(tmp_path)) as sinks:
                sinks.publish(b"")
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "good.csv").stat().st_mode) == 0o640

    def test_a_file_that_is_replaced_keeps_its_mode(self, tmp_path: Path) -> None:
        (tmp_path / "good.csv").touch(0o600)
        with Sinks(_targets(tmp_path)) as sinks:
            sinks.publish(b"")
        assert stat.S_IMODE((tmp_path / "good.csv").stat().st_mode) == 0o600

    def test_a_symlink_is_followed(self, tmp_path: Path) -> None:
        (tmp_path / "there").mkdir()
        (tmp_path / "good.csv").symlink_to(tmp_path / "there" / "real.csv")
        with Sinks(Targets.named(tmp_path / "good.csv", None, None)) as sinks:
            sinks.write_headers(b"a\n", b"")
            sinks.publish(b"")
        assert (tmp_path / "good.csv").is_symlink()
        assert _contents(tmp_path / "there") == {"real.csv": "a\n"}

    def test_a_name_as_long_as_a_name_may_be(self, tmp_path: Path) -> None:
        name = "é" * 125 + ".csv"
        with Sinks(Targets.named(tmp_path / name, None, None)) as sinks:
            sinks.publish(b"")
        assert [path.name for path in tmp_path.iterdir()] == [name]


class TestRefusals:
    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        with (
            pytest.raises(FileError, match=r"nowhere' does not exist: make it first") as caught,
            Sinks(Targets.named(tmp_path / "nowhere" / "a.csv", None, None)),
        ):
            pass
        assert caught.value.errno == errno.ENOENT

    def test_a_folder_that_is_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with (
            pytest.raises(FileError, match="is no folder"),
            Sinks(Targets.named(tmp_path / "file" / "a.csv", None, None)),
        ):
            pass

    def test_a_folder_as_output(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").mkdir()
        with (
            pytest.raises(FileError, match=r"is a folder: name a file in it"),
            Sinks(Targets.named(tmp_path / "a.csv", None, None)),
        ):
            pass

    def test_a_folder_that_may_not_be_written_to(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def forbidden(*_: object, **__: object) -> int:
            raise PermissionError(errno.EACCES, "Permission denied")

        monkeypatch.setattr(sink.os, "open", forbidden)
        with (
            pytest.raises(FileError, match="may not be written to: change its permissions"),
            Sinks(Targets.named(tmp_path / "a.csv", None, None)),
        ):
            pass

    def test_a_file_that_may_not_be_written_to(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "a.csv").touch(0o444)
        monkeypatch.setattr(sink.os, "access", lambda *_: False)
        with (
            pytest.raises(FileError, match="exists and may not be written"),
            Sinks(Targets.named(tmp_path / "a.csv", None, None)),
        ):
            pass

    def test_the_first_output_goes_where_the_second_cannot_be_opened(self, tmp_path: Path) -> None:
        with pytest.raises(FileError), Sinks(Targets.named(tmp_path / "a.csv", tmp_path / "no" / "b.csv", None)):
            pass
        assert _contents(tmp_path) == {}

    def test_an_output_that_is_the_source(self, tmp_path: Path) -> None:
        path = tmp_path / "a.csv"
        path.write_text("a\n1\n")
        os.link(path, tmp_path / "b.csv")
        fd = os.open(path, os.O_RDONLY)
        try:
            for name in ("a.csv", "b.csv"):
                with (
                    pytest.raises(ConfigurationError, match=r"is the source 'here.csv' itself: name another"),
                    Sinks(Targets.named(tmp_path / name, None, None), [Source(name="here.csv", plan=0, fd=fd)]),
                ):
                    pass
        finally:
            os.close(fd)
        assert path.read_text() == "a\n1\n"

    def test_a_full_disk_is_named(self) -> None:
        with (
            pytest.raises(FileError, match=r"'/dev/full' could not be written: No space left.*nothing was") as caught,
            Sinks(Targets.named("/dev/full", None, None)),
        ):
            raise FileError("the accepted records could not be written: No space left", errno=errno.ENOSPC)
        assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, "/dev/full")

    def test_an_error_about_something_else_stays_as_it_is(self, tmp_path: Path) -> None:
        with pytest.raises(FileError, match=r"^'in\.csv' could not be read$"), Sinks(_targets(tmp_path)):
            raise FileError("'in.csv' could not be read", errno=errno.EIO, filename="in.csv")


def _refuse(*_: object) -> None:
    raise OSError(errno.EPERM, "Operation not permitted")
