"""Configuration files: settings and pipelines, in TOML and YAML, and what is said of those that cannot work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import thresher
from thresher.config_file import read
from thresher.errors import ConfigurationError


class Order(BaseModel):
    """Named by the files below."""

    order_id: int
    price: float
    note: str | None


class Line(BaseModel):
    """Named by the files below."""

    order_id: int
    total: float


def doubled(batch: dict[str, Any]) -> dict[str, Any]:
    """Named by the files below."""
    return {**batch, "total": batch["total"] * 2}


TOML = f"""
delimiter = ";"

[pipeline.orders]
schema = "{__name__}:Order"
output_schema = "{__name__}:Line"
where = "order_id > 1"
checks = ["price > 0", {{ expression = "price < 100", message = "too dear" }}]
map_batches = "{__name__}:doubled"
null_values = ["NA"]

[pipeline.orders.from]
total = "price * 1.5"

[pipeline.short]
schema = "{__name__}:Order"
select = ["order_id"]
delimiter = ","
"""

YAML = f"""
delimiter: ";"
pipeline:
  orders:
    schema: {__name__}:Order
    output_schema: {__name__}:Line
    where: order_id > 1
    checks:
      - price > 0
      - {{expression: price < 100, message: too dear}}
    map_batches: {__name__}:doubled
    null_values: [NA]
    from:
      total: price * 1.5
  short:
    schema: {__name__}:Order
    select: [order_id]
    delimiter: ","
"""

DATA = b"order_id;price;note\n1;2;a\n2;4;NA\n3;200;\n"


@pytest.mark.parametrize(("name", "text"), [("c.toml", TOML), ("c.yaml", YAML), ("c.YML", YAML)])
def test_a_pipeline(tmp_path: Path, engine: str, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    result = thresher.Pipeline.from_config(path, "orders", engine=engine).process(DATA)
    assert list(result.records()) == [Line(order_id=2, total=12)]
    assert (result.read, result.filtered) == (3, 1)
    assert [error["msg"] for reject in result.rejects for error in reject.errors] == ["too dear"]
    result = thresher.Pipeline.from_config(str(path), "short", engine=engine).process(DATA.replace(b";", b","))
    assert [record.model_dump() for record in result.records()] == [{"order_id": 1}, {"order_id": 2}, {"order_id": 3}]


def test_the_only_pipeline_needs_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "thresher.toml").write_text(f'schema = "{__name__}:Order"\n[pipeline.one]\nwhere = "price > 1"\n')
    monkeypatch.chdir(tmp_path)
    described = read().described(None)
    assert described.schema == f"{__name__}:Order"
    assert described.arguments == {"where": "price > 1"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = ", "is not TOML"),
        ('delimter = ";"', "there is no setting 'delimter'; did you mean 'delimiter'"),
        ("pipelin = 1", "there is no setting 'pipelin'; did you mean 'pipeline'"),
        ("pipeline = 1", "pipeline holds a table for each pipeline"),
        ("[pipeline]\na = 1", "pipeline holds a table for each pipeline"),
        ("", "there is no pipeline 'orders' in"),
        ("[pipeline.order]", "there is no pipeline 'orders' in"),
        ("[pipeline.order]", "did you mean 'order'"),
        ("[pipeline.x]", "it has x"),
        ("[pipeline.orders]\nwher = 'x'", "there is no 'wher'; did you mean 'where'"),
        ("[pipeline.orders]\nwhere = 1", "where is a text, not 1"),
        ("[pipeline.orders]\nschema = ['a']", "schema is a text"),
        ("[pipeline.orders]\nchecks = 'a'", "checks is a list of expressions, not 'a'"),
        ("[pipeline.orders]\nchecks = [1]", "a check is an expression, or a table with expression and message, not 1"),
        ("[pipeline.orders]\nchecks = [{expression = 'a', mesage = 'b'}]", "a check is an expression, or a table"),
        ("[pipeline.orders]\nchecks = [{expression = 1}]", "the expression of a check is a text"),
        ("[pipeline.orders]\nselect = 'a,b'", "select is a list of names"),
        ("[pipeline.orders]\nselect = [1]", "each name of select is a text"),
        ("[pipeline.orders]\nfrom = 'a'", "from is a table of expressions"),
        ("[pipeline.orders.from]\na = 1", "from 'a' is an expression, not 1"),
        ("[pipeline.orders]\nmap_batches = 'nowhere:f'", "the function 'nowhere:f' cannot be loaded"),
        ("[pipeline.orders]", "the pipeline names no schema"),
        (f"[pipeline.orders]\nschema = '{__name__}:Ordr'", "has no 'Ordr'; did you mean 'Order'"),
        (
            f"[pipeline.orders]\nschema = '{__name__}:Order'\nworkers = 'x'",
            "pipeline 'orders': workers must be a number",
        ),
        ("delimiter = ';;'", ".toml': delimiter ';;' cannot be used"),
        (f"[pipeline.orders]\nschema = '{__name__}:Order'\nwhere = 'prize > 1'", "did you mean 'price'"),
    ],
)
def test_what_cannot_work(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "thresher.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        thresher.Pipeline.from_config(path, "orders")
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("c.yaml", b"a: [", "is not YAML"),
        ("c.yaml", b"- a", "is no table of settings"),
        ("c.yaml", b"1: a", "is no table of settings"),
        ("c.yaml", b"!!python/object/apply:os.system ['true']", "is not YAML"),
        ("c.toml", b"\xff", "is not UTF-8"),
        ("c.yaml", b"", "describes no pipeline"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, data: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ConfigurationError) as caught:
        thresher.Pipeline.from_config(tmp_path / name)
    assert says in str(caught.value)


def test_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match=r"'no\.toml' cannot be read: No such file"):
        read("no.toml")
    with pytest.raises(ConfigurationError, match=r"there is no thresher\.toml or thresher\.yaml or thresher\.yml in"):
        read()


def test_yaml_is_optional(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "yaml", None)
    (tmp_path / "c.yaml").write_text("delimiter: ','")
    with pytest.raises(ConfigurationError, match=r"install thresher\[yaml\], or write TOML"):
        read(tmp_path / "c.yaml")
