//! Echo: lines that go out as they stand, or nearly so, checked and written in one pass.
//!
//! In: a line. Out: the line as it goes out, where its keys stand in the usual order with nothing between its tokens and
//! every value is accepted: the very line, or a copy in which some values are written anew and defaults are added. Where
//! kernels refuse values of such a line, or keys are missing, all of its errors. About any other line nothing is noted: it
//! is read and checked field by field.

use std::borrow::Cow;

use super::bare::Pattern;
use super::hopes::Hopes;
use super::judge::{self, Judge};
use super::object;
use super::quick::{self, AHEAD};
use super::scalars::Given;
use super::tokens::Tag;
use crate::cells::{Place, Span};
use crate::check::column::Notes;
use crate::check::work::{State, Work};
use crate::check::{Kernel, Verdict, with_kernel};
use crate::compiled::{Checker, Compiled, Field, OnNull};
use crate::encode::json;
use crate::plan::{Dialect, ErrorCode};

/// What is known of the fields of a plan whose lines may go out nearly as they stand.
#[derive(Debug)]
pub struct Echo {
    /// What stands before the value of each, from the comma or bracket on, and what is known of it.
    fields: Vec<(Pattern, Judge)>,
}

impl Echo {
    /// None where nothing here decides about a field, or it has a long key.
    pub fn new(fields: &[Field], constants: &[u8]) -> Option<Self> {
        let judge = |(at, field): (usize, &Field)| {
            let judge = Judge::new(field, constants, false)?;
            let head = Pattern::new(&[if at == 0 { b"{" } else { b",".as_slice() }, &field.key].concat());
            (head.len > 0).then_some((head, judge))
        };
        Some(Self { fields: fields.iter().enumerate().map(judge).collect::<Option<_>>()? })
    }

    /// Decides about line `row`, which is `data[start..end]` and UTF-8. A line that goes out, and does not go out as it
    /// stands, is appended to what is written. None: nothing is known about it.
    #[inline(always)]
    pub fn line(
        &self,
        plan: &Compiled,
        data: &[u8],
        row: usize,
        (start, end): (usize, usize),
        work: &mut Work,
    ) -> Option<Told> {
        if data.len() - end < AHEAD || !work.echo.hopes.now() {
            return None;
        }
        let (first, errors, details) = (work.written.len(), work.errors.len(), work.details.len());
        let mut line = Line { echo: self, plan, data, row, start, end, copied: start, shown: false, plain: true, work };
        let known = line.read().is_some() && (!line.shown || line.plain);
        line.work.echo.hopes.after(known);
        let refused = line.work.errors.len() > errors;
        if refused || !known {
            line.work.written.truncate(first);
        }
        if !known {
            line.work.errors.truncate(errors);
            line.work.details.truncate(details);
            return None;
        }
        if refused {
            return Some(Told::Refused);
        }
        if line.copied == start {
            return Some(Told::Goes(Span::new(Place::FinalPlain, start, end - start)));
        }
        line.copy(end);
        let len = line.work.written.len() - first;
        // Lines that follow one another are copied together.
        line.work.written.push(b'\n');
        Some(Told::Goes(Span::new(Place::FinalWritten, first, len)))
    }
}

/// Whether `head` is that of the first key of a line that begins at `at`, though not that of the first field.
///
/// # Safety
/// 33 bytes from `at` on must lie within `data`.
#[cold]
unsafe fn opens(head: &Pattern, data: &[u8], at: usize) -> bool {
    // SAFETY: by this function's contract.
    unsafe { quick::load(data, at) == *b"{" && head.ends_unchecked(data, at) }
}

/// What is kept from block to block.
#[derive(Debug, Default)]
pub struct Scratch {
    /// What a kernel wrote last.
    value: Vec<u8>,
    /// The text of the string that was last without its escapes.
    undone: Vec<u8>,
    hopes: Hopes,
}

impl Scratch {
    /// About how many bytes the buffers have.
    #[must_use]
    pub fn bytes_held(&self) -> usize {
        self.value.capacity() + self.undone.capacity()
    }
}

/// What is known of a line.
pub enum Told {
    /// It is accepted, and this goes out.
    Goes(Span),
    /// Its errors are noted.
    Refused,
}

/// The line that is being read.
struct Line<'a> {
    echo: &'a Echo,
    plan: &'a Compiled,
    data: &'a [u8],
    /// Its place in the block.
    row: usize,
    start: usize,
    end: usize,
    /// Up to here it is in what is written, if any of it is.
    copied: usize,
    /// Whether a key is missing, which is an error that shows the whole line.
    shown: bool,
    /// Whether every value so far would be written as it stands, were the line written again.
    plain: bool,
    work: &'a mut Work,
}

impl Line<'_> {
    #[inline(never)]
    fn read(&mut self) -> Option<()> {
        let (echo, data, start, end) = (self.echo, self.data, self.start, self.end);
        // Before a key that is not that of the first field stands a comma, or what `opens` looks for.
        if *data.get(start)? != b'{' {
            return None;
        }
        let mut at = start;
        for (number, (head, judge)) in echo.fields.iter().enumerate() {
            if at >= end {
                return None;
            }
            // SAFETY: a head and a short value that begin within the line end less than `AHEAD` bytes behind it.
            let found = unsafe {
                if !(head.stands_unchecked(data, at) || at == start && opens(head, data, at)) {
                    self.add(number, at)?;
                    continue;
                }
                at += head.len;
                judge.quick(data, at)
            };
            at = match found {
                Some((after, _)) => after,
                None => self.other(number, at)?,
            };
        }
        (at > start && at + 1 == end && data[at] == b'}').then_some(())
    }

    /// Goes on after the value at `from`, whatever is written of it, or its error is noted.
    #[inline(never)]
    fn other(&mut self, number: usize, from: usize) -> Option<usize> {
        let (judge, data, field) = (&self.echo.fields[number].1, self.data, &self.plan.fields[number]);
        if let Checker::Nested(shape) = field.checker {
            return self.nested(shape, from);
        }
        let Work { written, echo: Scratch { value, undone, .. }, .. } = &mut *self.work;
        undone.clear();
        value.clear();
        // What is behind the line may be no UTF-8.
        // SAFETY: a short value behind a head that begins within the line ends less than `AHEAD` bytes behind it.
        let (tag, place, to) = unsafe { judge::value(data, from, undone) }.filter(|(_, _, to)| *to < self.end)?;
        // A string without escapes is written again with the quotes that it has.
        let given = Span::new(Place::FinalPlain, from, to - from);
        if tag == Tag::Null {
            if field.nullable.is_none() {
                self.refuse(number, judge.scalars.wrong?, None, given)?;
            }
            return Some(to);
        }
        let bytes = if tag == Tag::Escaped { &undone[place] } else { &data[place] };
        if !judge.takes(tag) {
            let on = judge.scalars.on(tag, 0);
            let Given::Wrong(code) = judge.scalars.instead(on, judge.rest, bytes) else { return None };
            stands(tag, bytes).then_some(())?;
            return self.refuse(number, code, None, given).map(|()| to);
        }
        // SAFETY: the line is UTF-8, values begin and end at ASCII bytes, and undone escapes are whole characters.
        let text = unsafe { std::str::from_utf8_unchecked(bytes) };
        let constants = &self.plan.constants;
        let goes = with_kernel!(&field.checker, kernel => {
            goes(kernel, judge.echoes, tag, text, constants, value)
        }, {
            Checker::Refuse(_) | Checker::Ask | Checker::Nested(_) => Goes::Nowhere,
        });
        // A double that its kernel leaves as it is has its shortest form.
        let as_it_stands = matches!((&goes, &field.checker), (Goes::Same, Checker::Float(_))) || stands(tag, bytes);
        self.plain &= as_it_stands;
        let (new, is_text) = match goes {
            Goes::Same => return Some(to),
            Goes::Text(new) => (new, true),
            Goes::Other(new) => (new, false),
            Goes::Refused(code, detail) => {
                as_it_stands.then_some(())?;
                return self.refuse(number, code, detail, given).map(|()| to);
            }
            Goes::Nowhere => return None,
        };
        written.extend_from_slice(&data[self.copied..from]);
        self.copied = to;
        if is_text {
            json::string(new, written);
        } else {
            written.extend_from_slice(new);
        }
        Some(to)
    }

    /// As [`Self::other`], for a value that has a shape.
    #[inline(never)]
    fn nested(&mut self, shape: usize, from: usize) -> Option<usize> {
        // What follows the line is out of reach.
        let text = &self.data[..self.end];
        let Work { written, shapes, .. } = &mut *self.work;
        let to = shapes.accepted(&self.plan.shapes, shape, text, from)?;
        // How it would be shown is not known.
        self.plain = false;
        if let Some(new) = shapes.other_than(text, (from, to)) {
            written.extend_from_slice(&text[self.copied..from]);
            written.extend_from_slice(new);
            self.copied = to;
        }
        Some(to)
    }

    /// Notes an error about the value `given` of a field. None where Pydantic has to decide, or words it.
    #[cold]
    fn refuse(&mut self, number: usize, code: ErrorCode, detail: Option<Cow<'static, str>>, given: Span) -> Option<()> {
        if self.plan.dialect != Dialect::Pydantic {
            return None;
        }
        let (field, mut state) = (&self.plan.fields[number], State::Good);
        let Work { errors, details, .. } = &mut *self.work;
        let mut notes = Notes { errors, details, field, at: number as u32 };
        match detail {
            Some(detail) => notes.reject_with(self.row, &mut state, code, given, detail),
            None => notes.reject(self.row, &mut state, code, given, 0),
        }
        (state == State::Rejected).then_some(())
    }

    /// Copies the line up to `to`.
    #[inline(always)]
    fn copy(&mut self, to: usize) {
        self.work.written.extend_from_slice(&self.data[self.copied..to]);
        self.copied = to;
    }

    /// Adds what is written of field `number`, whose key is not there, before the comma or bracket at `before`; or notes
    /// that it is missing.
    #[inline(never)]
    fn add(&mut self, number: usize, before: usize) -> Option<()> {
        let field = &self.plan.fields[number];
        let span = match field.on_null {
            OnNull::Constant(span) => span,
            OnNull::Missing => {
                self.shown = true;
                let whole = Span::new(Place::FinalPlain, self.start, self.end - self.start);
                return self.refuse(number, ErrorCode::Missing, None, whole);
            }
            OnNull::Ask => return None,
        };
        if span.place() == Place::Absent {
            return Some(());
        }
        // What stands before the first key that is there is a bracket.
        if before == self.start {
            return None;
        }
        self.copy(before);
        self.work.written.push(b',');
        self.work.written.extend_from_slice(&field.key);
        self.work.written.extend_from_slice(&self.plan.constants[span.start()..span.start() + span.len()]);
        Some(())
    }
}

/// Whether a value that is written again, to be shown, is written as it stands.
#[inline(always)]
fn stands(tag: Tag, text: &[u8]) -> bool {
    match tag {
        Tag::Escaped => false,
        Tag::Float => object::is_shortest(text),
        _ => true,
    }
}

/// How an accepted value goes out.
enum Goes<'a> {
    /// As it stands.
    Same,
    /// As this text, in quotes.
    Text(&'a [u8]),
    /// As this, which is JSON.
    Other(&'a [u8]),
    /// Nowhere: this is wrong with it, and this text belongs to the error.
    Refused(ErrorCode, Option<Cow<'static, str>>),
    /// Nobody knows here.
    Nowhere,
}

#[inline(always)]
fn goes<'a, K: Kernel>(
    kernel: &K,
    echoes: bool,
    tag: Tag,
    text: &'a str,
    constants: &'a [u8],
    value: &'a mut Vec<u8>,
) -> Goes<'a> {
    let given = |new| if K::TEXT { Goes::Text(new) } else { Goes::Other(new) };
    match kernel.check(text, value) {
        // Text goes out in quotes, and other values without.
        Verdict::Same(_) if tag != Tag::Escaped && K::TEXT == (tag == Tag::Text) => Goes::Same,
        Verdict::Same(_) => given(text.as_bytes()),
        Verdict::Constant(..) if echoes && K::TEXT && tag == Tag::Text => Goes::Same,
        Verdict::Constant(..) if echoes && !K::TEXT && matches!(tag, Tag::True | Tag::False) => Goes::Same,
        Verdict::Constant(span, _) => Goes::Other(&constants[span.start()..span.start() + span.len()]),
        Verdict::Part(offset, len) => given(&text.as_bytes()[offset..offset + len]),
        Verdict::Written(_) => given(value),
        Verdict::Reject(code) => Goes::Refused(code, None),
        Verdict::RejectWith(code, detail) => Goes::Refused(code, Some(detail)),
        Verdict::Unsure => Goes::Nowhere,
    }
}
