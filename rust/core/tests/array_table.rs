//! The table of JSON arrays through the reader and splitter, at many block sizes: the same records each time.

mod records;

use std::io::Cursor;
use std::path::Path;

use records::{spilled_bytes, unhex};
use serde::Deserialize;
use thresher_core::check::work::Numbers;
use thresher_core::reject::FAULTS;
use thresher_core::source::{Reader, Source};
use thresher_core::split::array::{Position, elements, machine};
use thresher_core::split::{Block, Dialect, ELEMENTS, Rows};

#[derive(Deserialize)]
struct Table {
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    input: Option<String>,
    bytes_hex: Option<String>,
    max_record_bytes: Option<usize>,
    start: Option<u64>,
    start_line: Option<u64>,
    expect: Vec<Expected>,
}

impl Case {
    fn source(&self) -> Vec<u8> {
        self.bytes_hex.as_ref().map_or_else(|| self.input.clone().unwrap_or_default().into_bytes(), |hex| unhex(hex))
    }
}

#[derive(Deserialize)]
struct Expected {
    record: u64,
    line: u64,
    offset: u64,
    error: Option<String>,
    raw: Option<String>,
    raw_hex: Option<String>,
}

/// What one record became: record, line, offset, fault of form, raw.
type Found = (u64, u64, u64, Option<String>, Vec<u8>);

fn cases() -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/malformed_json_array.toml");
    let table: Table = toml::from_str(&std::fs::read_to_string(path).expect("the table is there")).expect("TOML");
    assert!(table.case.len() >= 150, "the table has lost cases");
    table.case
}

fn run(case: &Case, block_bytes: usize) -> Vec<Found> {
    let start = case.start.unwrap_or(1);
    let dialect = Dialect { delimiter: ELEMENTS, max_record_bytes: case.max_record_bytes.unwrap_or(1 << 20) };
    let bytes = case.source();
    let len = bytes.len() as u64;
    let mut cursor = Cursor::new(bytes);
    cursor.set_position(start);
    let line = case.start_line.unwrap_or(1);
    let source = Source { name: "x".into(), plan: 0, dialect, input: Box::new(cursor), start, line };
    let mut reader = Reader::new(vec![source], block_bytes);
    let mut block = Block::default();
    let mut found = Vec::new();
    while reader.fill(&mut block).expect("memory can be read") {
        let large = spilled_bytes(&mut block);
        let mut numbers = Numbers::new(&block);
        let last = block.rows.rows.len() - 1;
        for (at, row) in block.rows.rows.iter().enumerate() {
            let (record, line) = numbers.of(at);
            let fault = block.rows.faults.iter().find(|(number, _)| *number as usize == at);
            let fault = fault.map(|(_, fault)| FAULTS[*fault as usize].to_owned());
            let raw = match &large {
                Some(large) if at == last => large.clone(),
                _ => block.bytes()[row.start as usize..row.end as usize].to_vec(),
            };
            found.push((record, line, block.offset + u64::from(row.start), fault, raw));
        }
    }
    let progress = &reader.counts()[0];
    assert_eq!((progress.bytes, progress.records, progress.blank_lines), (len, found.len() as u64, 0));
    found
}

#[test]
fn every_case_at_every_block_size() {
    for case in cases() {
        let expected: Vec<Found> = case
            .expect
            .iter()
            .map(|e| {
                let raw = e.raw_hex.as_ref().map_or_else(|| e.raw.clone().unwrap_or_default().into(), |hex| unhex(hex));
                (e.record, e.line, e.offset, e.error.clone().filter(|error| error != "json_invalid"), raw)
            })
            .collect();
        for block_bytes in [1, 2, 3, 5, 7, 16, 63, 64, 65, 1 << 18] {
            assert_eq!(run(&case, block_bytes), expected, "{} in blocks of {block_bytes}", case.id);
        }
    }
}

/// The fast path and the exact machine, on text made of the bytes that matter.
#[test]
fn the_fast_path_finds_what_the_machine_finds() {
    let mut seed = 5_u64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    let pieces: [&[u8]; 16] = [
        b"{\"a\":1},",
        b"{\"a\":{\"b\":[1,\"]\"]}}\n,",
        b"{\"a\":\"\\\"}\\\\\"} ,",
        b"[[],{}],\r\n",
        b",",
        b"\n",
        b" ",
        b"{",
        b"}",
        b"[",
        b"]",
        b"\"",
        b"\\",
        b":",
        b"1",
        b"x\xff",
    ];
    let mut taken = 0;
    for round in 0..60_000 {
        let kinds = if round % 3 == 0 { 16 } else { 4 };
        let mut data = Vec::new();
        for _ in 0..random(40) {
            data.extend_from_slice(pieces[if random(30) == 0 { random(16) } else { random(kinds) }]);
        }
        let limit = [3, 20, 1 << 20][random(3)];
        for last in [false, true] {
            let (mut fast, mut exact) = (Rows::default(), Rows::default());
            let (mut fast_at, mut exact_at) = (Position::FIRST, Position::FIRST);
            let found = elements(&data, last, limit, &mut fast_at, &mut fast);
            let wanted = machine(&data, last, limit, &mut exact_at, &mut exact, false);
            let shown = String::from_utf8_lossy(&data);
            assert_eq!((Some(found), fast_at, fast.consumed), (wanted, exact_at, exact.consumed), "{shown:?}");
            assert_eq!((&fast.rows, &fast.faults), (&exact.rows, &exact.faults), "{shown:?}");
            taken += usize::from(fast.faults.is_empty() && fast.rows.len() > 5);
        }
    }
    assert!(taken > 5_000, "{taken}");
}
