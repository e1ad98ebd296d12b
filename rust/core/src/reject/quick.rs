//! Rejects as JSON Lines, the quick way: what kernels found, in the rows that follow one another.
//!
//! In: rows with errors of cells. Out: their lines. Room is made once a row and whole vectors are copied; what does not
//! vary is put together before. A row that needs more than that is left to [`Lines`](super::json::Lines), which writes
//! the same bytes in the obvious way.

use memchr::memchr;

use super::head::Head;
use super::template;
use crate::cells::{Place, cell_unchecked};
use crate::check::work::{Found, Input, State, What, Work};
use crate::compiled::Template;
use crate::encode::bytes::{Padded, Pen, SLACK, Writer};
use crate::encode::json;
use crate::plan::NullKey;
use crate::report::{Counts, Spot};

const RAW: &[u8] = b"],\"raw\":";

/// The JSON around the input of an error.
struct Piece {
    /// From the byte offset to the input or the first hole, where it is the first error of the record.
    first: Padded,
    /// From the error before to the input or the first hole.
    next: Padded,
    /// To the raw bytes, where it is the last error of the record and the suffix has no hole.
    last: Padded,
}

impl Piece {
    fn new(template: &Template, open: &[u8]) -> Self {
        let prefix = template.prefix.first().map_or(&[][..], Padded::text);
        let suffix = template.suffix.first().map_or(&[][..], Padded::text);
        let joined = |parts: [&[u8]; 2]| Padded::new(parts.concat());
        Self { first: joined([open, prefix]), next: joined([b",", prefix]), last: joined([suffix, RAW]) }
    }
}

/// Writes the rejects of one block.
pub struct Quick<'a, 'b> {
    input: &'a Input<'b>,
    work: &'a Work,
    /// From the byte offset to the errors.
    open: Vec<u8>,
    head: Head,
    /// By the place of a template among the counts of the plan; those that were needed.
    pieces: Vec<Option<Piece>>,
    /// The longest that an error becomes, without its input.
    error: usize,
    usable: bool,
}

impl<'a, 'b> Quick<'a, 'b> {
    /// `source`: its name as a JSON string.
    pub fn new(input: &'a Input<'b>, work: &'a Work, source: &[u8]) -> Self {
        let open = [b",\"source\":", source, b",\"stage\":\"validate\",\"errors\":["].concat();
        let detail = work.details.iter().map(|detail| json::longest(detail.len())).max().unwrap_or(0);
        let error = input.plan.largest + input.plan.holes * detail + input.plan.mapping;
        let lines = input.plan.lookups.is_some();
        // Vectors are read behind the end of cells.
        let slack = input.block.data.len() >= input.block.len + SLACK;
        let usable = slack && input.block.line_a_row && work.faults.is_empty() && (!lines || work.tokens.is_text());
        Self { input, work, open, head: Head::default(), pieces: Vec::new(), error, usable }
    }

    /// Appends the rejects from `row` on, whose errors come first in `errors`, and counts them. Returns the first row that
    /// it leaves alone, and the rest of the errors.
    #[inline(never)]
    pub fn put<'e>(
        &mut self,
        mut row: usize,
        mut errors: &'e [Found],
        counts: &mut Counts,
        writer: &mut Writer<'_>,
    ) -> (usize, &'e [Found]) {
        let Input { block, plan, .. } = *self.input;
        if !self.usable {
            return (row, errors);
        }
        self.pieces.resize_with(plan.tallies, || None);
        let tallies = counts.tallies(self.input.number, plan.tallies);
        let data = block.data.as_ptr();
        while self.work.states.get(row) == Some(&State::Rejected) {
            let mine = errors.iter().take_while(|found| found.row == row as u32).count();
            let (some, rest) = errors.split_at(mine);
            let at = &block.rows.rows[row];
            let (start, len) = (at.start as usize, (at.end - at.start) as usize);
            let number = (block.record + row as u64, block.line + row as u64);
            let head = self.head.of(number);
            if mine == 0 {
                break;
            }
            // No input is longer than the row.
            let most = mine.saturating_mul(self.error + json::longest(len));
            let room = (head.len() + self.open.len() + json::longest(len) + 64).saturating_add(most);
            let mut pen = writer.pen(room);
            // SAFETY: room was made for the longest that each part can become. The row lies within the block, its cells
            // within the row, and the block has slack behind its rows.
            unsafe {
                pen.padded(head);
                self.head.advance();
                pen.number(block.offset + start as u64);
                for (place, found) in some.iter().enumerate() {
                    // There are none that Pydantic worded.
                    let What::Template(at, cell, note) = found.what else { continue };
                    let template = template(self.input, found, at);
                    let piece = &mut self.pieces[template.tally];
                    let piece = piece.get_or_insert_with(|| Piece::new(template, &self.open));
                    tallies[template.tally].add(Spot { source: block.source, number, place: place as u32 }.first());
                    pen.padded(if place == 0 { &piece.first } else { &piece.next });
                    if note > 0 {
                        fill(self.work, &template.prefix, note, &mut pen);
                    }
                    match cell.place() {
                        Place::Plain | Place::Quoted => json::pen(data.add(cell.start()), cell.len(), &mut pen),
                        Place::FinalPlain => pen.text(data.add(cell.start()), cell.len()),
                        // A line that was written again is mostly shorter, and never much longer.
                        Place::FinalWritten if cell.len() <= json::longest(len) => {
                            pen.put(self.work.bytes(cell, &[], &[]));
                        }
                        Place::Absent if memchr(b'"', self.input.raw(row)).is_none() => {
                            mapping(self.input, row, &mut pen);
                        }
                        _ => {
                            writer.forward(&pen);
                            writer.vec(|out| super::json::given(self.input, self.work, row, cell, out));
                            pen = writer.pen(room);
                        }
                    }
                    let last = place + 1 == mine;
                    if last && template.suffix.len() == 1 {
                        pen.padded(&piece.last);
                        continue;
                    }
                    pen.padded(&template.suffix[0]);
                    if template.suffix.len() > 1 {
                        fill(self.work, &template.suffix, note, &mut pen);
                    }
                    if last {
                        pen.put(RAW);
                    }
                }
                json::pen(data.add(start), len, &mut pen);
                pen.put(b"}\n");
                writer.forward(&pen);
            }
            errors = rest;
            row += 1;
        }
        (row, errors)
    }
}

/// Writes the parts of a template after the first, each with the text of the parse error before it.
///
/// # Safety
/// There must be room.
#[cold]
unsafe fn fill(work: &Work, parts: &[Padded], note: u32, pen: &mut Pen) {
    for part in &parts[1..] {
        // SAFETY: by this function's contract.
        unsafe {
            json::pen_slice(super::detail(work, note).as_bytes(), pen);
            pen.padded(part);
        }
    }
}

/// As [`mapping`](crate::check::ask::mapping), where no cell has quotes.
///
/// # Safety
/// There must be room for the longest that a mapping of the row can become, and slack behind the block. The row must have
/// as many cells as there are columns.
unsafe fn mapping(input: &Input<'_>, row: usize, pen: &mut Pen) {
    let Input { block, plan, nulls, .. } = *input;
    let row = &block.rows.rows[row];
    let mut separator: &[u8; 1] = b"{";
    for (at, column) in plan.columns.iter().enumerate() {
        // SAFETY: by this function's contract.
        unsafe {
            let (start, end) = cell_unchecked(&block.rows.ends, row, at);
            let text = block.data.get_unchecked(start..end);
            let null = nulls.contains(text);
            if null && column.null == NullKey::Omit {
                continue;
            }
            pen.put(separator);
            separator = b",";
            pen.padded(&column.key);
            if null {
                pen.put(b"null");
            } else {
                json::pen(text.as_ptr(), text.len(), pen);
            }
        }
    }
    // SAFETY: by this function's contract.
    unsafe { pen.put(if separator == b"{" { b"{}" } else { b"}" }) };
}
