"""A file without a schema: what its columns are taken for."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import pytest

import thresher
from thresher.errors import DataProcessingError, FileError
from thresher.schema.draft import field_names, model_name


def _column(cells: list[str], **settings: Any) -> str:
    data = "c,end\n" + "".join(f"{cell},x\n" for cell in cells)
    column = thresher.infer(data.encode(), **settings).columns[0]
    return f"{column.type} | None" if column.nullable else column.type


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "-2", "+3", " 4 ", "1_000", "0"], "int"),
        (["0", "1", "1"], "int"),
        (["9" * 30], "int"),
        (["1.0", "2.0"], "float"),
        (["1", "2.5", "1e5"], "float"),
        (["nan", "inf", "0.5"], "float"),
        (["true", "False", "yes"], "bool"),
        (["t", "f"], "bool"),
        (["1", "0", "yes", "no"], "bool"),
        (["2024-01-31", "1999-12-01"], "dt.date"),
        (["20240131", "19991201"], "int"),
        (["2024-01-31T00:00:00", "2024-01-31 01:02:03Z"], "dt.datetime"),
        (["2024-01-31", "2024-01-31T12:30"], "dt.datetime"),
        (["2024-02-30"], "str"),
        (["12:30", "13:45"], "str"),
        (["00501", "02134"], "str"),
        (["01.5"], "str"),
        (["+491701234567", "+4930123456"], "str"),
        (["+5", "-3"], "int"),
        (["+5.25", "-3"], "float"),
        (["-5", "-6", "x"], "str"),
        (["", "1"], "int | None"),
        (["", ""], "str | None"),
        ([], "str | None"),
    ],
)
def test_the_narrowest_type(cells: list[str], kind: str) -> None:
    assert _column(cells) == kind


@pytest.mark.parametrize(("odd", "kind"), [(5, "int"), (6, "str")])
def test_five_percent_may_be_odd(odd: int, kind: str) -> None:
    assert _column(["1"] * (100 - odd) + ["n/a"] * odd) == kind


def test_nulls_do_not_count() -> None:
    assert _column(["NA"] * 99 + ["1"], null_values=("NA",)) == "int | None"
    assert _column(["NA"] * 99 + ["1"]) == "str"


def test_only_the_first_records_are_looked_at() -> None:
    data = b"a\n" + b"1\n" * 10_000 + b"x\n" * 10_000
    inferred = thresher.infer(data)
    assert (inferred.columns[0].type, inferred.records) == ("int", 10_000)


@pytest.mark.parametrize(
    ("text", "delimiter_columns"),
    [
        ("a;b\n1,5;2\n1,7;3\n", ["a", "b"]),
        ("a\tb,c\n1\t2\n3\t4\n", ["a", "b,c"]),
        ("a|b|c\n1|2|3\n", ["a", "b", "c"]),
        ("only\n1\n", ["only"]),
    ],
)
def test_the_delimiter_is_the_one_that_fits(text: str, delimiter_columns: list[str]) -> None:
    assert [column.name for column in thresher.infer(text.encode()).columns] == delimiter_columns


NAMES = [
    "id", "Body Mass (g)", "body_mass_g", "class", "None", "json", "model_dump", "model_x", "_private", "__", "", "%",
    "2x", "int", "dt", "Field", "größe", "日本", "\ufb01x", "²", "①", 'a"b\\c', "new\nline", "a b", "a-b", "self",
    "x" * 300, "copy_2", "copy", "column_1", "tab\there", "{braces}", "#", "é", "e\u0301", "\u2028", "validate",
    "schema",
]  # fmt: skip


@pytest.mark.parametrize("reverse", [False, True])
def test_any_header_makes_a_model_whose_source_says_the_same(reverse: bool) -> None:
    names = NAMES[::-1] if reverse else NAMES
    header = ",".join('"' + name.replace('"', '""') + '"' for name in names)
    kinds = ["1", "2.5", "true", "2024-01-01", "2024-01-01T01:00:00", "x"]
    cells = [kinds[place % len(kinds)] for place in range(len(names))]
    data = f"{header}\n{','.join(cells)}\n".encode()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        inferred = thresher.infer(data)
        namespace: dict[str, Any] = {}
        exec(compile(inferred.source, "models.py", "exec", dont_inherit=True), namespace)
    again = namespace[inferred.name]
    assert again.model_json_schema() == inferred.model.model_json_schema()
    assert [*again.model_fields] == [column.field for column in inferred.columns]
    for model in (again, inferred.model):
        result = thresher.process(data, model, engine="python")
        assert (result.accepted, result.rejected) == (1, 0)


def test_output_has_the_names_of_the_input(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("Body Mass (g),class\n3750,a\n")
    result = thresher.process(tmp_path / "in.csv", output=tmp_path / "out.csv")
    assert result.inferred is not None
    assert (tmp_path / "out.csv").read_text() == "Body Mass (g),class\n3750,a\n"


def test_field_names_are_kept_where_they_can_be() -> None:
    assert list(field_names(["a b", "a_b", "a-b", "class", "class_", "2x", ""])) == [
        "a_b_2", "a_b", "a_b_3", "class_2", "class_", "column_2x", "column_7",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ("data/orders.csv", "Orders"),
        ("sales-2024 Q1.csv.txt", "Sales2024Q1"),
        ("2024.csv", "Record"),
        ("<stdin>", "Record"),
        ("str.csv", "Str"),
        ("field.csv", "Record"),
        ("none.csv", "Record"),
        ("größe.csv", "Record"),
    ],
)
def test_model_names(origin: str, name: str) -> None:
    assert model_name(origin) == name


def test_a_source_with_no_header() -> None:
    inferred = thresher.infer(b"1,x\n2,y\n", header=False)
    assert [(column.field, column.type) for column in inferred.columns] == [("column_1", "int"), ("column_2", "str")]
    inferred = thresher.infer(b"1,x\n2,y\n", header=("n", "s"))
    assert [(column.field, column.type) for column in inferred.columns] == [("n", "int"), ("s", "str")]
    result = thresher.process(b"1,x\n2,y\n", header=False)
    assert result.accepted == 2


def test_processing_without_a_schema_reads_every_record_once(engine: str) -> None:
    data = b"a,b\n" + b"1,x\n" * 30 + b"n/a,y\n"
    for source in (data, io.BytesIO(data)):
        result = thresher.process(source, engine=engine)
        assert (result.read, result.accepted, result.rejected) == (31, 30, 1)
        assert result.rejects[0].errors[0]["type"] == "int_parsing"
        assert result.inferred is not None
        assert repr(result.inferred) == "<Inferred Record(a: int, b: str)>"


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (b"", DataProcessingError, "is empty"),
        (b"a,a\n1,2\n", DataProcessingError, "'a' occurs more than once"),
        (b"\x1f\x8b\x08", FileError, "is cut off"),
    ],
)
def test_what_nothing_can_be_inferred_from(data: bytes, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        thresher.infer(data)


def test_a_header_alone() -> None:
    result = thresher.process(b"a,b\n", engine="python")
    assert (result.read, list(result.records())) == (0, [])
