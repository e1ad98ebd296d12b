"""The workloads that are measured: files of readings, orders and nested orders, as CSV, JSON Lines or a JSON array.

Enters: a workload's name, a number of records, a share of bad ones and a seed. Leaves: a file that depends on these
alone. It is written a chunk at a time, so that memory does not grow with the file.

    python -m benches.data orders --records 1000000 --output orders.csv
"""

from __future__ import annotations

import argparse
import datetime
import json
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

__all__ = ["WORKLOADS", "Workload", "cached", "write"]

CHUNK = 10_000
"""Records that are made together."""

Row = list[str]
Spoiler = tuple[int, tuple[str, ...]]
"""A column's position, and the texts that make its cell bad."""


class Workload(NamedTuple):
    """How one workload is made."""

    columns: tuple[str, ...]
    chunk: Callable[[random.Random, int, int], list[Row]]
    """``chunk(random, first, count)``: good records with the numbers from ``first`` on."""
    spoilers: tuple[Spoiler, ...]
    """The ways in which a record is made bad: one of them for each error. No two share a column."""
    numbers: frozenset[str]
    """Columns whose cells JSON writes as numbers."""
    flags: frozenset[str]
    """Columns whose cells JSON writes as true and false."""
    nested: frozenset[str] = frozenset()
    """Columns whose cells hold JSON."""


def readings(rng: random.Random, first: int, count: int) -> list[Row]:
    """Sensor readings: short records, hardly any text."""
    values = [f"{rng.uniform(-1000, 1000):.{d}f}" for d in rng.choices((1, 2, 3, 4, 5, 6), k=count)]
    valid = rng.choices(("true", "false", ""), (78, 16, 6), k=count)
    return [[f"rec-{first + i:08}", value, flag] for i, (value, flag) in enumerate(zip(values, valid, strict=True))]


NAMES = (
    *("ana", "Ben", "carla.diaz", "D.Evans", "emil.fischer", "grace_h", "Hiro.Ito"),
    *("ivan", "jo.klein", "Lena.M", "maria.nowak", "noor", "Olu.P"),
)
HOSTS = ("example.com", "example.org", "Mail.example.net", "shop.example.co.uk", "example.de", "post.example.fr")
NOTES = (
    ("", 46),
    ("leave at the door", 20),
    ("call first, then ring twice", 14),
    ('gift for "Sam", no invoice', 8),
    ("Grüße aus Köln", 6),
    ("fragile, handle with care; second floor, left", 6),
)


def orders(rng: random.Random, first: int, count: int) -> list[Row]:
    """Orders of a shop: twelve columns of nine kinds."""

    def pick(choices: Sequence[str], weights: Sequence[int] | None = None) -> list[str]:
        return rng.choices(choices, weights, k=count)

    start = datetime.datetime(2024, 1, 1)
    moments = [start + datetime.timedelta(seconds=s) for s in rng.choices(range(366 * 86_400), k=count)]
    delays = rng.choices((None, 1, 2, 3, 5, 8), (30, 20, 20, 15, 10, 5), k=count)
    names, hosts, tags = pick(NAMES), pick(HOSTS), rng.choices(range(10_000), k=count)
    skus, quantities = rng.choices(range(100_000), k=count), rng.choices(range(1, 1001), k=count)
    prices = [rng.lognormvariate(3, 1.2) + 0.01 for _ in range(count)]
    currencies = pick(("EUR", "USD", "GBP", "JPY"), (50, 30, 15, 5))
    statuses = pick(("new", "paid", "shipped", "cancelled"), (20, 30, 40, 10))
    discounts = pick(("0", "0.05", "0.1", "0.125", "0.25"), (60, 10, 15, 10, 5))
    notes, gifts = pick(*zip(*NOTES, strict=True)), pick(("true", "false"), (20, 80))
    return [
        [
            str(first + i),
            f"{names[i]}{tags[i]}@{hosts[i]}",
            f"SKU-{skus[i]:05}",
            str(quantities[i]),
            f"{prices[i]:.2f}",
            currencies[i],
            statuses[i],
            moments[i].isoformat(),
            "" if (delay := delays[i]) is None else (moments[i] + datetime.timedelta(days=delay)).date().isoformat(),
            discounts[i],
            notes[i],
            gifts[i],
        ]
        for i in range(count)
    ]


STREETS = ("Main Street", "Königsallee", "rue de la Paix", "Baker Street", "Via Roma", "Long Lane")
CITIES = ("Berlin", "Lyon", "Kraków", "Leeds", "Torino", "Springfield", "Den Haag")


def nested(rng: random.Random, first: int, count: int) -> list[Row]:
    """Orders of several lines each, with an address: about 400 bytes a record."""

    def line() -> dict[str, object]:
        made: dict[str, object] = {
            "sku": f"SKU-{rng.randrange(100_000):05}",
            "quantity": rng.randint(1, 20),
            "unit_price": round(rng.lognormvariate(3, 1.2) + 0.01, 2),
        }
        if rng.random() < 0.3:
            made["discount"] = rng.choice((0.05, 0.1, 0.25))
        return made

    start = datetime.datetime(2024, 1, 1)
    rows = []
    for number in range(first, first + count):
        address = {
            "street": f"{rng.choice(STREETS)} {rng.randint(1, 200)}",
            "city": rng.choice(CITIES),
            "postcode": f"{rng.randrange(100_000):05}",
            "country": rng.choice(("DE", "FR", "PL", "GB", "IT")),
        }
        rows.append(
            [
                str(number),
                f"{rng.choice(NAMES)}{rng.randrange(10_000)}@{rng.choice(HOSTS)}",
                rng.choice(("new", "paid", "shipped", "cancelled")),
                (start + datetime.timedelta(seconds=rng.randrange(366 * 86_400))).isoformat(),
                _json(address),
                _json([line() for _ in range(rng.choice((1, 1, 2, 3, 5)))]),
                rng.choice(("", "", "leave at the door", "Grüße aus Köln")),
            ]
        )
    return rows


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


ORDERS = Workload(
    columns=(
        "order_id",
        "customer_email",
        "sku",
        "quantity",
        "unit_price",
        "currency",
        "status",
        "ordered_at",
        "ship_date",
        "discount",
        "note",
        "gift",
    ),
    chunk=orders,
    spoilers=(
        (1, ("nobody", "a b@example.com", "x@localhost")),
        (2, ("SKU-123", "sku-00001")),
        (3, ("0", "many", "1001")),
        (4, ("-1.00", "free")),
        (5, ("EURO", "")),
        (6, ("lost",)),
        (7, ("yesterday", "2024-02-30T10:00:00")),
        (8, ("2024-13-01", "soon")),
        (9, ("1.5", "-0.1")),
        (11, ("perhaps",)),
    ),
    numbers=frozenset({"order_id", "quantity", "unit_price", "discount"}),
    flags=frozenset({"gift"}),
)

WORKLOADS: dict[str, Workload] = {
    "readings": Workload(
        columns=("record_id", "value", "is_valid"),
        chunk=readings,
        spoilers=((1, ("n/a", "")), (2, ("maybe",))),
        numbers=frozenset({"value"}),
        flags=frozenset({"is_valid"}),
    ),
    "orders": ORDERS,
    # What only a validator in Python refuses is one more way to be bad.
    "validated": ORDERS._replace(
        spoilers=(
            (1, ("nobody", "a b@example.com", "x@localhost", "x1@throwaway.example.com", "y2@Mail.example.invalid")),
            *ORDERS.spoilers[1:],
        )
    ),
    "nested": Workload(
        columns=("order_id", "customer_email", "status", "ordered_at", "address", "lines", "note"),
        chunk=nested,
        spoilers=(
            (1, ("nobody", "x@localhost")),
            (3, ("yesterday",)),
            (4, ('{"street":"Main Street 1","city":"Leeds","postcode":"12345"}', "[]")),
            (5, ('[{"sku":"SKU-00001","quantity":0,"unit_price":1.5}]', "[]")),
        ),
        numbers=frozenset({"order_id"}),
        flags=frozenset(),
        nested=frozenset({"address", "lines"}),
    ),
}


def chunks(workload: str, records: int, bad: float, errors: int, seed: int) -> Iterator[list[Row]]:
    """Yield the rows of a workload, a chunk at a time."""
    made = WORKLOADS[workload]
    rng = random.Random(f"{workload} {seed}")
    for first in range(1, records + 1, CHUNK):
        count = min(CHUNK, records + 1 - first)
        rows = made.chunk(rng, first, count)
        # A share of 1.0 spoils every record; any other share spoils each with that chance.
        spoiled = range(count) if bad >= 1 else [i for i in range(count) if rng.random() < bad]
        for i in spoiled:
            for column, texts in rng.sample(made.spoilers, min(errors, len(made.spoilers))):
                rows[i][column] = rng.choice(texts)
        yield rows


def csv_line(row: Row) -> str:
    """Return a row as a line of CSV, quoted where RFC 4180 needs it."""
    line = ",".join(row)
    if '"' in line or line.count(",") >= len(row):
        line = ",".join('"' + cell.replace('"', '""') + '"' if "," in cell or '"' in cell else cell for cell in row)
    return line


def json_line(workload: Workload, row: Row) -> str:
    """Return a row as a line of JSON Lines. Empty cells are left out; what is no number stays text."""
    values: dict[str, object] = {}
    for name, cell in zip(workload.columns, row, strict=True):
        if cell == "":
            continue
        values[name] = cell
        if name in workload.numbers:
            try:
                values[name] = int(cell) if cell.isdigit() else float(cell)
            except ValueError:
                continue
        elif name in workload.flags and cell in ("true", "false"):
            values[name] = cell == "true"
        elif name in workload.nested:
            values[name] = json.loads(cell)
    return _json(values)


def write(
    path: Path,
    workload: str,
    records: int,
    *,
    bad: float = 0.01,
    errors: int = 1,
    seed: int = 1,
    format: Literal["csv", "jsonl", "json"] = "csv",
) -> Path:
    """Write a workload.

    Args:
        path: the file to write.
        workload: a name in :data:`WORKLOADS`.
        records: how many records.
        bad: share of the records that are made bad, from 0 to 1.
        errors: errors in each bad record, as far as the workload has ways to make them.
        seed: another seed gives another file of the same kind.
        format: of the file.

    Returns:
        ``path``.
    """
    made = WORKLOADS[workload]
    with path.open("w", encoding="utf-8", newline="") as file:
        if format == "csv":
            file.write(",".join(made.columns) + "\n")
        begin, between, end = ("[", ",\n", "]\n") if format == "json" else ("", "\n", "\n")
        file.write(begin)
        for number, rows in enumerate(chunks(workload, records, bad, errors, seed)):
            lines = map(csv_line, rows) if format == "csv" else (json_line(made, row) for row in rows)
            file.write((between if number else "") + between.join(lines))
        file.write(end)
    return path


def cached(
    directory: Path,
    workload: str,
    records: int,
    *,
    bad: float = 0.01,
    errors: int = 1,
    seed: int = 1,
    format: Literal["csv", "jsonl", "json"] = "csv",
) -> Path:
    """Return the file of a workload in ``directory``, written now where it is not there yet."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{workload}-{records}-{bad:g}-{errors}-{seed}.{format}"
    if not path.exists():
        partial = path.with_suffix(".partial")
        write(partial, workload, records, bad=bad, errors=errors, seed=seed, format=format)
        partial.replace(path)
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """Write one file, as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benches.data", description="Write a workload.")
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--bad", type=float, default=0.01, help="share of bad records (default 0.01)")
    parser.add_argument("--errors", type=int, default=1, help="errors in each bad record (default 1)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, required=True, help="a .csv, .jsonl or .json file")
    given = parser.parse_args(arguments)
    write(
        given.output,
        given.workload,
        given.records,
        bad=given.bad,
        errors=given.errors,
        seed=given.seed,
        format={".jsonl": "jsonl", ".json": "json"}.get(given.output.suffix, "csv"),  # type: ignore[arg-type]
    )
    print(f"{given.output}: {given.records} records, {given.output.stat().st_size} bytes", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
