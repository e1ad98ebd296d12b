//! Rejects as JSON Lines, the quick way: what kernels found, in the rows that follow one another.
//!
//! In: rows with errors of cells. Out: their lines. Room is made once a row and whole vectors are copied; what does not
//! vary is put together before. A row that needs more than that is left to [`Lines`](super::json::Lines), which writes
//! the same bytes in the obvious way.

use memchr::memchr;

use super::head::{Head, number};
use super::template;
use crate::cells::{Place, cell_unchecked};
use crate::check::work::{Found, Input, State, What, Work};
use crate::compiled::Template;
use crate::encode::bytes::{Padded, Pen, SLACK, Writer};
use crate::encode::escape::{self, Escape};
use crate::encode::json;
use crate::plan::NullKey;
use crate::report::{Counts, Spot};
use crate::split::Block;

const RAW: &[u8] = b"],\"raw\":";

/// What stands before the input of an error is copied in one go up to this length: of which kind an error is cannot be
/// foreseen, and it costs more to guess wrong how often to copy than to copy too much.
const WIDE: usize = 256;

/// The JSON around the input of an error, and how often it occurred.
struct Piece<'a> {
    template: &'a Template,
    /// From the byte offset to the input or the first hole, where it is the first error of the record; with [`WIDE`] bytes
    /// behind it.
    first: Vec<u8>,
    /// From the error before to the input or the first hole, likewise.
    next: Vec<u8>,
    /// To the raw bytes, where it is the last error of the record; nothing where the suffix has a hole.
    last: Padded,
    count: u64,
    /// Where it occurred first.
    spot: Spot,
}

impl<'a> Piece<'a> {
    #[cold]
    fn new(template: &'a Template, open: &[u8], spot: Spot) -> Self {
        let prefix = template.prefix.first().map_or(&[][..], Padded::text);
        let suffix = template.suffix.first().map_or(&[][..], Padded::text);
        let wide = |parts: [&[u8]; 2]| {
            let mut text = parts.concat();
            text.reserve_exact(WIDE);
            text
        };
        let (first, next) = (wide([open, prefix]), wide([b",", prefix]));
        let last = if template.suffix.len() == 1 { Padded::new([suffix, RAW].concat()) } else { Padded::default() };
        Self { template, first, next, last, count: 0, spot }
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
    pieces: Vec<Option<Piece<'a>>>,
    /// The longest that a row with one error becomes, without its bytes and the input of the error.
    room: usize,
    /// Whether there is a quote in the block; None: nobody has looked.
    quotes: Option<bool>,
    usable: bool,
}

impl<'a, 'b> Quick<'a, 'b> {
    /// `source`: its name as a JSON string.
    pub fn new(input: &'a Input<'b>, work: &'a Work, source: &[u8]) -> Self {
        let open = [b",\"source\":", source, b",\"stage\":\"validate\",\"errors\":["].concat();
        let detail = work.details.iter().map(|detail| json::longest(detail.len())).max().unwrap_or(0);
        let error = input.plan.largest + input.plan.holes * detail + input.plan.mapping;
        let room = Head::ROOM + open.len() + error + WIDE;
        let lines = input.plan.lookups.is_some();
        // Vectors are read behind the end of cells.
        let slack = input.block.data.len() >= input.block.len + SLACK;
        let usable = slack && input.block.line_a_row && work.faults.is_empty() && (!lines || work.tokens.is_text());
        let mut pieces = Vec::new();
        pieces.resize_with(input.plan.tallies, || None);
        Self { input, work, open, head: Head::new(), pieces, room, quotes: None, usable }
    }

    /// Appends the rejects from `row` on, whose errors come first in `errors`. Returns the first row that it leaves alone,
    /// and the rest of the errors.
    pub fn put<'e>(&mut self, row: usize, errors: &'e [Found], writer: &mut Writer<'_>) -> (usize, &'e [Found]) {
        if !self.usable {
            return (row, errors);
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(escape) = escape::Avx2::detect() {
            // SAFETY: the routine was detected, so the processor has these features.
            return unsafe { self.put_avx2(escape, row, errors, writer) };
        }
        self.put_with(escape::Portable, row, errors, writer)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
    fn put_avx2<'e>(
        &mut self,
        escape: escape::Avx2,
        row: usize,
        errors: &'e [Found],
        writer: &mut Writer<'_>,
    ) -> (usize, &'e [Found]) {
        self.put_with(escape, row, errors, writer)
    }

    #[inline(always)]
    fn put_with<'e>(
        &mut self,
        escape: impl Escape,
        mut row: usize,
        mut errors: &'e [Found],
        writer: &mut Writer<'_>,
    ) -> (usize, &'e [Found]) {
        let Self { input, work, open, head, pieces, room, quotes, .. } = self;
        let (Input { block, plan, .. }, room) = (*input, *room);
        let (lines, states) = (&block.rows.rows[..], &work.states[..]);
        let data = block.data.as_ptr();
        let mut pen = writer.pen(0);
        while let (Some(State::Rejected), Some(line)) = (states.get(row), lines.get(row)) {
            let this = row as u32;
            let (start, len) = (line.start as usize, (line.end - line.start) as usize);
            // For an error and the row itself; no input is longer than that.
            let room = room + 2 * json::longest(len);
            let mut place = 0;
            while let Some((found, rest)) = errors.split_first()
                && found.row == this
            {
                errors = rest;
                let more = rest.first().is_some_and(|next| next.row == this);
                // There are none that Pydantic worded.
                let What::Template(at, cell, note) = found.what else { continue };
                let slot = &mut pieces[plan.first_tallies[found.field as usize] + usize::from(at)];
                let piece = match slot {
                    Some(piece) => piece,
                    None => slot.insert(Piece::new(template(input, found, at), open, spot(block, row, place))),
                };
                piece.count += 1;
                // SAFETY: room is made for the longest that each part can become. The row lies within the block, its
                // cells within the row, and the block has slack behind its rows.
                unsafe {
                    writer.make(&mut pen, room);
                    if place == 0 {
                        head.pen(row, block, &mut pen);
                        pen.number(block.offset + start as u64);
                        pen.wide::<WIDE>(piece.first.as_ptr(), piece.first.len());
                    } else {
                        pen.wide::<{ WIDE / 2 }>(piece.next.as_ptr(), piece.next.len());
                    }
                    if note > 0 {
                        fill(work, &piece.template.prefix, note, &mut pen);
                    }
                    if cell.is_text_of_block() {
                        json::pen(escape, data.add(cell.start()), cell.len(), &mut pen);
                    } else {
                        match cell.place() {
                            Place::FinalPlain => pen.wide::<SLACK>(data.add(cell.start()), cell.len()),
                            // A line that was written again is mostly shorter, and never much longer.
                            Place::FinalWritten if cell.len() <= json::longest(len) => {
                                pen.put(work.bytes(cell, &[], &[]));
                            }
                            Place::Absent if is_free(quotes, input, row) => mapping(escape, input, row, &mut pen),
                            _ => {
                                writer.forward(&pen);
                                writer.vec(|out| super::json::given(input, work, row, cell, out));
                                pen = writer.pen(room);
                            }
                        }
                    }
                    if !more && !piece.last.is_empty() {
                        pen.padded(&piece.last);
                    } else {
                        let suffix = &piece.template.suffix;
                        pen.padded(&suffix[0]);
                        fill(work, suffix, note, &mut pen);
                        if !more {
                            pen.put(RAW);
                        }
                    }
                    if !more {
                        json::pen(escape, data.add(start), len, &mut pen);
                        pen.put(b"}\n");
                    }
                }
                place += 1;
            }
            if place == 0 {
                break;
            }
            row += 1;
        }
        // SAFETY: it kept within its room.
        unsafe { writer.forward(&pen) };
        (row, errors)
    }

    /// Counts the errors of what was written.
    pub fn count(&self, counts: &mut Counts) {
        let tallies = counts.tallies(self.input.number, self.pieces.len());
        for (tally, piece) in tallies.iter_mut().zip(&self.pieces) {
            if let Some(piece) = piece {
                tally.add(piece.count, piece.spot.first());
            }
        }
    }
}

/// Where an error is, in a block of which each row is one line.
fn spot(block: &Block, row: usize, place: u32) -> Spot {
    Spot { source: block.source, number: number(block, row), place }
}

/// Whether there are no quotes in a row, nor perhaps in the whole block, for which nobody looks twice.
fn is_free(quotes: &mut Option<bool>, input: &Input<'_>, row: usize) -> bool {
    let quotes = *quotes.get_or_insert_with(|| memchr(b'"', input.block.bytes()).is_some());
    !quotes || memchr(b'"', input.raw(row)).is_none()
}

/// Writes the parts of a template after the first, each with the text of the parse error before it.
///
/// # Safety
/// There must be room.
unsafe fn fill(work: &Work, parts: &[Padded], note: u32, pen: &mut Pen) {
    for part in parts.iter().skip(1) {
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
#[inline(never)]
unsafe fn mapping(escape: impl Escape, input: &Input<'_>, row: usize, pen: &mut Pen) {
    let Input { block, plan, nulls, .. } = *input;
    let row = &block.rows.rows[row];
    let mut separator = b'{';
    for (at, column) in plan.columns.iter().enumerate() {
        // SAFETY: by this function's contract.
        unsafe {
            let (start, end) = cell_unchecked(&block.rows.ends, row, at);
            let text = block.data.get_unchecked(start..end);
            let null = nulls.contains(text);
            if null && column.null == NullKey::Omit {
                continue;
            }
            pen.put(&[separator]);
            separator = b',';
            pen.padded(&column.key);
            if null {
                pen.put(b"null");
            } else {
                json::pen(escape, text.as_ptr(), text.len(), pen);
            }
        }
    }
    // SAFETY: by this function's contract.
    unsafe { pen.put(if separator == b'{' { b"{}" } else { b"}" }) };
}
