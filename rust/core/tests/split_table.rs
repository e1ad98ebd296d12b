//! The table of malformed CSV through the reader and splitter, at many block sizes: the same records each time.

mod records;

use std::io::Cursor;
use std::path::Path;

use records::{spilled_bytes, unhex};
use serde::Deserialize;
use thresher_core::cells::texts;
use thresher_core::check::column::faults;
use thresher_core::check::work::Numbers;
use thresher_core::reject::FAULTS;
use thresher_core::source::{Reader, Source};
use thresher_core::split::{Block, Dialect};

#[derive(Deserialize)]
struct Table {
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    input: Option<String>,
    bytes_hex: Option<String>,
    delimiter: Option<String>,
    max_record_bytes: Option<usize>,
    header: Option<bool>,
    header_error: Option<String>,
    columns: Option<Vec<String>>,
    start: Option<u64>,
    start_line: Option<u64>,
    blank_before: Option<u64>,
    blank_lines: Option<u64>,
    expect: Option<Vec<Expected>>,
}

#[derive(Deserialize, Debug, PartialEq)]
struct Expected {
    record: u64,
    line: u64,
    offset: u64,
    cells: Option<Vec<String>>,
    error: Option<String>,
    actual: Option<u32>,
    raw: Option<String>,
    raw_hex: Option<String>,
}

/// What one record became: record, line, offset, cells or error, raw.
type Found = (u64, u64, u64, Option<Vec<String>>, Option<String>, Option<u32>, Option<Vec<u8>>);

fn run(case: &Case, block_bytes: usize) -> (Vec<Found>, u64) {
    let bytes =
        case.bytes_hex.as_ref().map_or_else(|| case.input.clone().unwrap_or_default().into_bytes(), |h| unhex(h));
    let start = case.start.unwrap_or(0);
    let columns = case.columns.as_ref().map_or(2, Vec::len);
    let dialect = Dialect {
        delimiter: case.delimiter.as_ref().map_or(b',', |d| d.as_bytes()[0]),
        max_record_bytes: case.max_record_bytes.unwrap_or(1 << 20),
    };
    let mut cursor = Cursor::new(bytes);
    cursor.set_position(start);
    let default_line = if case.header.unwrap_or(true) { 2 } else { 1 };
    let line = case.start_line.unwrap_or(default_line);
    let source = Source { name: "x".into(), plan: 0, dialect, input: Box::new(cursor), start, line };
    let mut reader = Reader::new(vec![source], block_bytes);
    let mut block = Block::default();
    let mut found = Vec::new();
    while reader.fill(&mut block).expect("memory can be read") {
        faults(&mut block, columns);
        let large = spilled_bytes(&mut block);
        let mut numbers = Numbers::new(&block);
        let last = block.rows.rows.len() - 1;
        for (at, row) in block.rows.rows.iter().enumerate() {
            let (record, line) = numbers.of(at);
            let offset = block.offset + u64::from(row.start);
            let fault = block.rows.faults.iter().find(|(number, _)| *number as usize == at);
            let Some((_, fault)) = fault else {
                let (mut buffer, mut ends) = (Vec::new(), Vec::new());
                let text = texts(&block, row, &mut buffer, &mut ends).to_vec();
                let starts = std::iter::once(0).chain(ends.iter().copied());
                let cells = starts.zip(&ends).map(|(s, &e)| String::from_utf8(text[s..e].to_vec()).expect("UTF-8"));
                found.push((record, line, offset, Some(cells.collect()), None, None, None));
                continue;
            };
            let kind = FAULTS[*fault as usize].to_owned();
            let actual = (kind == "csv_field_count").then_some(row.cells);
            let raw = match &large {
                Some(large) if at == last => large.clone(),
                _ => block.bytes()[row.start as usize..row.end as usize].to_vec(),
            };
            found.push((record, line, offset, None, Some(kind), actual, Some(raw)));
        }
    }
    (found, reader.counts()[0].blank_lines)
}

#[test]
fn every_case_at_every_block_size() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/malformed_csv.toml");
    let table: Table = toml::from_str(&std::fs::read_to_string(path).expect("the table is there")).expect("TOML");
    let cases: Vec<_> = table.case.iter().filter(|case| case.header_error.is_none()).collect();
    assert!(cases.len() >= 80, "the table has lost cases");
    for case in cases {
        let expected: Vec<Found> = case
            .expect
            .iter()
            .flatten()
            .map(|e| {
                let raw = e.raw_hex.as_ref().map(|h| unhex(h)).or(e.raw.clone().map(String::into_bytes));
                (e.record, e.line, e.offset, e.cells.clone(), e.error.clone(), e.actual, raw)
            })
            .collect();
        let blank = case.blank_lines.unwrap_or(0) - case.blank_before.unwrap_or(0);
        for block_bytes in [1, 2, 3, 5, 7, 16, 63, 64, 65, 1 << 18] {
            let (found, found_blank) = run(case, block_bytes);
            assert_eq!(found, expected, "{} in blocks of {block_bytes}", case.id);
            assert_eq!(found_blank, blank, "blank lines of {} in blocks of {block_bytes}", case.id);
        }
    }
}
