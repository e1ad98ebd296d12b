//! Along: lines that have the form of the lines before, checked while they are read.
//!
//! In: a line, and the [`Layout`] of those before. Out: what the loops of the fields give: for each field a span of what is
//! written, and its bits. About a line of another form, or with a value that is not certainly accepted, nothing is noted:
//! it is read and checked field by field. So errors have one way only.

use std::sync::atomic::{AtomicU64, Ordering};

use super::check::accepted;
use super::hopes::Hopes;
use super::judge::{self, Judge};
use super::layout::Layout;
use super::lookups::Lookups;
use super::quick::{AHEAD, load};
use super::scan::{skip, space};
use super::tokens::Tag;
use crate::cells::{Place, Span};
use crate::check::with_kernel;
use crate::check::work::Work;
use crate::compiled::{Checker, Compiled, Field, OnNull};
use crate::plan::Format;

/// What is known of the fields of a plan of which each is decided while a line is read.
#[derive(Debug)]
pub struct Along {
    /// No other has it.
    number: u64,
    judges: Vec<Judge>,
    /// For each key that is looked up the field that it feeds.
    fields: Vec<Option<usize>>,
    /// Whether lines with other keys are read in another way.
    known_only: bool,
    /// Whether strings are written with the quotes that they have.
    quotes: bool,
}

/// What is kept from line to line, and from block to block.
#[derive(Debug, Default)]
pub struct Scratch {
    /// The [`Along`] whose lines it knows.
    number: u64,
    layout: Layout,
    hopes: Hopes,
}

/// The number of the next [`Along`]. None has zero.
static NUMBERS: AtomicU64 = AtomicU64::new(1);

/// Why a line is not read along.
enum Stop {
    /// It has another form.
    Form,
    /// A value has to be decided about in another way.
    Value,
}

impl Along {
    /// None where a field is not decided by a kernel, or is looked up under several keys. `extras`: whether anything comes
    /// of keys that are not looked up; `format`: that of the sink.
    pub fn new(
        plan: &[Field],
        constants: &[u8],
        lookups: &Lookups,
        extras: bool,
        transformed: bool,
        format: Option<Format>,
    ) -> Option<Self> {
        let mut fields = vec![None; lookups.quoted().count()];
        let mut judges = Vec::with_capacity(plan.len());
        for (at, field) in plan.iter().enumerate() {
            let fed = fields.get_mut(field.column?)?;
            if fed.replace(at).is_some() || !field.paths.is_empty() {
                return None;
            }
            judges.push(Judge::new(field, constants, format.is_none() || field.valued)?);
        }
        let quotes = format == Some(Format::Jsonl) && !transformed;
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        Some(Self { number, judges, fields, known_only: extras || lookups.known_only, quotes })
    }

    /// Reads line `row`, which is `data[start..end]` and UTF-8. Returns whether all is known of it then.
    #[inline(never)]
    pub fn line(
        &self,
        plan: &Compiled,
        data: &[u8],
        row: usize,
        (start, end): (usize, usize),
        scratch: &mut Scratch,
        work: &mut Work,
    ) -> bool {
        if scratch.number != self.number {
            *scratch = Scratch { number: self.number, ..Scratch::default() };
        }
        let Scratch { layout, hopes, .. } = scratch;
        if data.len() - end < AHEAD || !hopes.now() {
            return false;
        }
        let before = (work.unquoted.len(), work.written.len());
        let mut line = Line { along: self, plan, data, end, row, work };
        let Err(stop) = line.read(layout, start) else {
            hopes.after(true);
            return true;
        };
        hopes.after(false);
        line.forget(before);
        if let (Stop::Form, Some(lookups)) = (stop, &plan.lookups) {
            layout.learn(&data[start..end], lookups, &self.fields, self.known_only);
        }
        false
    }
}

/// A line, and where what is found of it goes.
struct Line<'a> {
    along: &'a Along,
    plan: &'a Compiled,
    data: &'a [u8],
    end: usize,
    row: usize,
    work: &'a mut Work,
}

impl Line<'_> {
    #[inline(always)]
    fn read(&mut self, layout: &Layout, start: usize) -> Result<(), Stop> {
        let (along, data, end) = (self.along, self.data, self.end);
        let (mut at, mut before) = (start, &layout.open);
        for key in &layout.keys {
            if at >= end {
                return Err(Stop::Form);
            }
            let head = at + before.len;
            // SAFETY: a mark, a head and a short value that begin within the line end less than `AHEAD` bytes behind it.
            let (is_there, marked) = unsafe { (key.head.stands_unchecked(data, head), before.stands(load(data, at))) };
            if !is_there {
                if let Some(field) = key.field {
                    self.absent(field)?;
                }
                continue;
            }
            if !marked {
                return Err(Stop::Form);
            }
            (at, before) = (head + key.head.len, &layout.between);
            let Some(field) = key.field else {
                at = skip(&data[..end], at).ok_or(Stop::Value)?;
                continue;
            };
            let judge = &along.judges[field];
            // SAFETY: as before.
            at = match unsafe { judge.quick(data, at) } {
                Some((to, bits)) => {
                    let quote = usize::from(judge.is_text() && !along.quotes);
                    let place = if quote > 0 { Place::Quoted } else { Place::FinalPlain };
                    self.work.spans[field][self.row] = Span::new(place, at + quote, to - at - 2 * quote);
                    if judge.valued {
                        self.work.values[field][self.row] = bits;
                    }
                    to
                }
                None => self.value(field, at).ok_or(Stop::Value)?,
            };
        }
        // What opens a line is compared with its first key.
        let opened = at > start;
        let line = &data[..end];
        at = space(line, at);
        let closed = line.get(at) == Some(&b'}') && space(line, at + 1) == end;
        if opened && closed { Ok(()) } else { Err(Stop::Form) }
    }

    /// Goes on after the value at `from`, where it is accepted.
    #[inline(never)]
    fn value(&mut self, field: usize, from: usize) -> Option<usize> {
        let (judge, planned, data) = (&self.along.judges[field], &self.plan.fields[field], self.data);
        if let Checker::Nested(shape) = planned.checker {
            // What follows the line is out of reach.
            let text = &data[..self.end];
            let Work { shapes, written, format, .. } = &mut *self.work;
            let to = shapes.accepted(&self.plan.shapes, shape, text, from)?;
            let span = match *format {
                Some(format) => shapes.written(text, format, written)?,
                None => Span::new(Place::FinalPlain, from, to - from),
            };
            self.put(field, span, 0);
            return Some(to);
        }
        // SAFETY: as in `read`.
        let (tag, place, to) =
            unsafe { judge::value(data, from, &mut self.work.unquoted) }.filter(|(_, _, to)| *to < self.end)?;
        if tag == Tag::Null {
            self.put(field, planned.nullable?, 0);
            return Some(to);
        }
        if !judge.takes(tag) {
            return None;
        }
        let bytes = if tag == Tag::Escaped { &self.work.unquoted[place.clone()] } else { &data[place.clone()] };
        // SAFETY: the line is UTF-8, values begin and end at ASCII bytes, and undone escapes are whole characters.
        let text = unsafe { std::str::from_utf8_unchecked(bytes) };
        let (quotes, written) = (self.along.quotes, &mut self.work.written);
        let (span, bits) = with_kernel!(&planned.checker, kernel => {
            accepted(kernel, tag, place.start, text, quotes, written).ok()?
        }, {
            Checker::Refuse(_) | Checker::Ask | Checker::Nested(_) => return None,
        });
        self.put(field, span, bits);
        Some(to)
    }

    /// A field whose key is not there.
    #[inline(always)]
    fn absent(&mut self, field: usize) -> Result<(), Stop> {
        match self.plan.fields[field].on_null {
            OnNull::Constant(span) => self.put(field, span, 0),
            OnNull::Missing | OnNull::Ask => return Err(Stop::Value),
        }
        Ok(())
    }

    #[inline(always)]
    fn put(&mut self, field: usize, span: Span, bits: i64) {
        self.work.spans[field][self.row] = span;
        if let Some(value) = self.work.values[field].get_mut(self.row) {
            *value = bits;
        }
    }

    /// Forgets what was noted. `before`: how much was in the buffers.
    #[cold]
    fn forget(self, before: (usize, usize)) {
        self.work.unquoted.truncate(before.0);
        self.work.written.truncate(before.1);
        for (spans, values) in self.work.spans.iter_mut().zip(&mut self.work.values) {
            spans[self.row] = Span::ABSENT;
            values.get_mut(self.row).into_iter().for_each(|value| *value = 0);
        }
    }
}
