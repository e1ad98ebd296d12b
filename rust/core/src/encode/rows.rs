//! The accepted rows of a block, as lines of the sink.

use std::ops::Range;

use super::bytes::{SLACK, Writer};
use super::{csv, json};
use crate::cells::{Place, Span};
use crate::check::work::{State, Work};
use crate::compiled::Compiled;
use crate::oracle::Answer;
use crate::plan::Format;
use crate::split::Block;

/// Where the bytes of a span are: one pointer for each [`Place`], in its order.
struct Buffers([*const u8; 8]);

impl Buffers {
    fn new(block: &Block, plan: &Compiled, work: &Work) -> Self {
        let (data, unquoted, written) = (block.data.as_ptr(), work.unquoted.as_ptr(), work.written.as_ptr());
        let constants = plan.constants.as_ptr();
        Self([data, data, unquoted, written, data, written, constants, constants])
    }

    #[inline(always)]
    fn of(&self, place: Place) -> *const u8 {
        self.0[place as usize]
    }
}

/// What is written under one key.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    /// `"name":`, with slack behind its end.
    pub key: &'a [u8],
    /// For each row.
    pub spans: &'a [Span],
}

/// What is written of the rows of a block: the fields as they are, or what the transform made.
fn columns<'a>(plan: &'a Compiled, work: &'a Work) -> Vec<Column<'a>> {
    let made = plan.transform.as_ref().and_then(|transform| transform.columns(work));
    let fields = plan.fields.iter().zip(&work.spans);
    made.unwrap_or_else(|| {
        let fields = fields.map(|(field, spans)| Column { key: &field.key, spans });
        // Keys of their own come with their values.
        let extras = (!work.extras.is_empty()).then_some(Column { key: &plan.blank, spans: &work.extras });
        fields.chain(extras).collect()
    })
}

/// How the rows of a block are written.
struct Encoder<'a> {
    block: &'a Block,
    plan: &'a Compiled,
    work: &'a Work,
    columns: Vec<Column<'a>>,
    buffers: Buffers,
    /// Whether unquoted cells of the block go out as they are.
    plain: bool,
}

/// Appends every accepted row of a block, in order. Returns how many.
pub fn encode(block: &mut Block, plan: &Compiled, work: &mut Work, format: Format, out: &mut Vec<u8>) -> u64 {
    let encoder = Encoder::new(block, plan, work, format);
    let mut writer = Writer::new(out);
    match format {
        Format::Csv => encoder.rows(&mut writer, |row, writer| encoder.csv(row, b',', writer)),
        Format::Tsv => encoder.rows(&mut writer, |row, writer| encoder.csv(row, b'\t', writer)),
        Format::Jsonl => encoder.rows(&mut writer, |row, writer| encoder.json(row, writer)),
    }
}

/// The lines of single rows that the engine accepted, as [`encode`] writes them.
#[cold]
pub fn lines(block: &mut Block, plan: &Compiled, work: &mut Work, format: Format, rows: &[usize]) -> Vec<Vec<u8>> {
    let encoder = Encoder::new(block, plan, work, format);
    let line = |&row: &usize| {
        let mut line = Vec::new();
        let mut writer = Writer::new(&mut line);
        match format {
            Format::Csv => encoder.csv(row, b',', &mut writer),
            Format::Tsv => encoder.csv(row, b'\t', &mut writer),
            Format::Jsonl if encoder.work.states[row] == State::Echoed => encoder.lines(row..row + 1, &mut writer),
            Format::Jsonl => encoder.json(row, &mut writer),
        }
        drop(writer);
        line
    };
    rows.iter().map(line).collect()
}

impl<'a> Encoder<'a> {
    fn new(block: &'a mut Block, plan: &'a Compiled, work: &'a mut Work, format: Format) -> Self {
        // Texts may be read beyond their end.
        block.data.reserve(SLACK);
        work.unquoted.reserve(SLACK);
        work.written.reserve(SLACK);
        let (block, work) = (&*block, &*work);
        let delimiter = if format == Format::Tsv { b'\t' } else { b',' };
        let clean = plan.delimiter == delimiter && !block.rows.carriages;
        let columns = columns(plan, work);
        Self { block, plan, work, columns, buffers: Buffers::new(block, plan, work), plain: clean }
    }
}

impl Encoder<'_> {
    #[inline(always)]
    fn rows(&self, writer: &mut Writer<'_>, mut write: impl FnMut(usize, &mut Writer<'_>)) -> u64 {
        let states = &self.work.states;
        let mut asked = self.work.asked.iter();
        let mut accepted = 0;
        let mut row = 0;
        while let Some(state) = states.get(row) {
            let first = row;
            row += 1;
            match state {
                State::Good => write(first, writer),
                State::Echoed => {
                    let others = states[row..].iter().position(|state| *state != State::Echoed);
                    row = others.map_or(states.len(), |others| row + others);
                    self.lines(first..row, writer);
                }
                State::Asked => {
                    let answer = asked.find(|(at, _)| *at as usize == first).map(|(_, answer)| answer);
                    if let Some(Answer::Accept { text, .. }) = answer {
                        writer.vec(|out| out.extend_from_slice(text));
                    }
                }
                _ => continue,
            }
            accepted += (row - first) as u64;
        }
        accepted
    }

    fn text(&self, span: Span) -> &[u8] {
        self.work.bytes(span, self.block.bytes(), &self.plan.constants)
    }

    /// Appends lines that are there as they go out; together, where they stand one after another.
    fn lines(&self, rows: Range<usize>, writer: &mut Writer<'_>) {
        let data = self.block.bytes();
        let mut lines = self.work.lines[rows].iter();
        let Some(mut line) = lines.next().copied() else { return };
        loop {
            let (place, start, mut end) = (line.place(), line.start(), line.start() + line.len());
            let next = loop {
                let next = lines.next().copied();
                match next {
                    // Behind written lines there is always a line feed.
                    Some(next)
                        if next.place() == place
                            && next.start() == end + 1
                            && (place == Place::FinalWritten || data[end] == b'\n') =>
                    {
                        end = next.start() + next.len();
                    }
                    _ => break next,
                }
            };
            writer.room(end - start + 1);
            // SAFETY: room was made, and every buffer has slack behind its end.
            unsafe {
                writer.copy(self.buffers.of(place), start, end - start);
                writer.push(b'\n');
            }
            match next {
                Some(next) => line = next,
                None => return,
            }
        }
    }

    #[inline(always)]
    fn csv(&self, row: usize, delimiter: u8, writer: &mut Writer<'_>) {
        let mut empty = self.columns.len() == 1;
        for (at, column) in self.columns.iter().enumerate() {
            let span = column.spans[row];
            let (place, len) = (span.place(), span.len());
            writer.room(len + 2);
            if at > 0 {
                // SAFETY: room was made.
                unsafe { writer.push(delimiter) };
            }
            let free = match place {
                Place::Plain => self.plain || csv::is_clean(self.text(span), delimiter),
                Place::Quoted | Place::Unquoted | Place::Written => csv::is_clean(self.text(span), delimiter),
                Place::FinalPlain | Place::FinalWritten | Place::Constant | Place::Absent => true,
            };
            if free {
                empty &= len == 0;
                // SAFETY: room was made, and every buffer has slack behind its end.
                unsafe { writer.copy(self.buffers.of(place), span.start(), len) };
            } else {
                empty = false;
                writer.vec(|out| csv::quoted(self.text(span), out));
            }
        }
        writer.room(3);
        if empty {
            // An empty line would be a blank line to whoever reads it.
            writer.vec(|out| out.extend_from_slice(b"\"\""));
            writer.room(1);
        }
        // SAFETY: room was made.
        unsafe { writer.push(b'\n') };
    }

    #[inline(always)]
    fn json(&self, row: usize, writer: &mut Writer<'_>) {
        let mut separator = b'{';
        for column in &self.columns {
            let span = column.spans[row];
            let (place, len) = (span.place(), span.len());
            if place == Place::Absent {
                continue;
            }
            writer.room(column.key.len() + len + 4);
            // SAFETY: room was made, and keys have slack behind their end.
            unsafe {
                writer.push(separator);
                writer.copy(column.key.as_ptr(), 0, column.key.len());
            }
            separator = b',';
            let text = matches!(place, Place::Plain | Place::Quoted | Place::Unquoted | Place::Written);
            if text && !json::is_clean(self.text(span)) {
                writer.vec(|out| json::string(self.text(span), out));
                continue;
            }
            // SAFETY: room was made, and every buffer has slack behind its end.
            unsafe {
                if text {
                    writer.push(b'"');
                }
                writer.copy(self.buffers.of(place), span.start(), len);
                if text {
                    writer.push(b'"');
                }
            }
        }
        writer.room(3);
        // SAFETY: room was made.
        unsafe {
            if separator == b'{' {
                writer.push(b'{');
            }
            writer.push(b'}');
            writer.push(b'\n');
        }
    }
}
