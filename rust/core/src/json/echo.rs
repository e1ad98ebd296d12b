//! Echo: lines that go out as they stand, or nearly so, checked and written in one pass.
//!
//! In: a line. Out: the line as it goes out, where its keys stand in the usual order with nothing between its tokens and
//! every value is accepted: the very line, or a copy in which some values are written anew and defaults are added. Where
//! kernels refuse values of such a line, or keys are missing, all of its errors. About any other line nothing is noted: it
//! is read and checked field by field.

use std::borrow::Cow;
use std::ops::Range;

use super::bare::Pattern;
use super::quick::{self, AHEAD};
use super::scalars::{Given, On, Scalars};
use super::scan::{Value, unescape, value_or};
use super::tokens::Tag;
use super::{check, object};
use crate::cells::{Place, Span};
use crate::check::column::Notes;
use crate::check::work::{Found, State};
use crate::check::{Kernel, Verdict, with_kernel};
use crate::compiled::{Checker, Compiled, Field, OnNull};
use crate::encode::json;
use crate::plan::{Bounds, Dialect, ErrorCode};
use crate::split::Row;

/// What is known of the fields of a plan whose lines may go out nearly as they stand.
#[derive(Debug)]
pub struct Echo {
    judges: Vec<Judge>,
}

/// What is known of one field.
#[derive(Debug)]
struct Judge {
    /// What stands before its value, from the comma or bracket on.
    head: Pattern,
    way: Way,
    scalars: Scalars,
    /// The error of a number with a fraction where none may be.
    rest: ErrorCode,
    /// Whether the constants of its kernel are the texts that they stand for.
    echoes: bool,
    /// Whether null is accepted.
    nullable: bool,
}

/// Which values go out as they stand, whatever else they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Strings without escapes.
    Text,
    /// Integers.
    Int,
    /// Numbers with a fraction in their shortest form.
    Float,
    /// `true` and `false`.
    Literal,
    /// Those that the kernel says.
    Kernel,
}

impl Echo {
    /// None where a field is not decided by a kernel, or has a long key.
    pub fn new(fields: &[Field], constants: &[u8]) -> Option<Self> {
        let judge = |(at, field): (usize, &Field)| {
            let is_text = check::is_text(field);
            let echoes = with_kernel!(&field.checker, kernel => kernel.echoes(constants), {
                Checker::Refuse(_) | Checker::Ask | Checker::Nested(_) => return None,
            });
            let way = match &field.checker {
                Checker::Any(_) if is_text => Way::Text,
                Checker::Int(kernel) if kernel.multiple_of.is_none() && free(&kernel.bounds) => Way::Int,
                Checker::Float(kernel) if kernel.multiple_of.is_none() && free(&kernel.bounds) => Way::Float,
                Checker::Bool(_) if echoes => Way::Literal,
                _ => Way::Kernel,
            };
            let head = Pattern::new(&[if at == 0 { b"{" } else { b",".as_slice() }, &field.key].concat());
            let (scalars, rest) = (Scalars::of(&field.checker, is_text), Scalars::rest(&field.checker));
            (head.len > 0).then_some(Judge { head, way, scalars, rest, echoes, nullable: field.nullable.is_some() })
        };
        Some(Self { judges: fields.iter().enumerate().map(judge).collect::<Option<_>>()? })
    }
}

impl Judge {
    /// Whether its key is the first of a line that begins at `at`, though it is not that of the first field.
    ///
    /// # Safety
    /// 33 bytes from `at` on must lie within `data`.
    #[cold]
    unsafe fn opens(&self, data: &[u8], at: usize) -> bool {
        // SAFETY: by this function's contract.
        unsafe { quick::load(data, at) == *b"{" && self.head.ends_unchecked(data, at) }
    }
}

/// Whether every value keeps the bounds.
fn free<T>(bounds: &Bounds<T>) -> bool {
    bounds.le.is_none() && bounds.lt.is_none() && bounds.ge.is_none() && bounds.gt.is_none()
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

/// Reads the lines of a block.
pub struct Echoing<'a> {
    pub echo: &'a Echo,
    pub plan: &'a Compiled,
    pub data: &'a [u8],
    /// Lines that go out and do not go out as they stand are appended to it.
    pub written: &'a mut Vec<u8>,
    /// The errors of lines that are refused are appended to it.
    pub errors: &'a mut Vec<Found>,
    /// And the texts that belong to them, to it.
    pub details: &'a mut Vec<Cow<'static, str>>,
    pub scratch: &'a mut Scratch,
}

/// The line that is being read.
struct Line {
    /// Its place in the block.
    row: usize,
    start: usize,
    end: usize,
    /// Up to here it is in [`Echoing::written`], if any of it is.
    copied: usize,
    /// Whether a key is missing, which is an error that shows the whole line.
    shown: bool,
    /// Whether every value so far would be written as it stands, were the line written again.
    plain: bool,
}

/// What is known of a line.
enum Told {
    /// It is accepted, and this goes out.
    Goes(Span),
    /// Its errors are noted.
    Refused,
}

impl Echoing<'_> {
    /// Decides about the lines of `rows`: the state of one that goes out becomes [`State::Echoed`], that of one whose
    /// errors are noted [`State::Rejected`]. `valid`: all of them are UTF-8. `others` gets the runs of those about which
    /// nothing is known.
    #[inline(never)]
    pub fn lines(
        &mut self,
        rows: &[Row],
        valid: bool,
        states: &mut [State],
        lines: &mut [Span],
        others: &mut Vec<Range<usize>>,
    ) {
        for (number, ((row, state), span)) in rows.iter().zip(states).zip(lines).enumerate() {
            let (start, end) = (row.start as usize, row.end as usize);
            if *state == State::Good && (valid || simdutf8::basic::from_utf8(&self.data[start..end]).is_ok()) {
                match self.line(number, start, end) {
                    Some(Told::Goes(line)) => {
                        *state = State::Echoed;
                        *span = line;
                        continue;
                    }
                    Some(Told::Refused) => {
                        *state = State::Rejected;
                        continue;
                    }
                    None => {}
                }
            }
            match others.last_mut() {
                Some(run) if run.end == number => run.end += 1,
                _ => others.push(number..number + 1),
            }
        }
    }

    #[inline(always)]
    fn line(&mut self, row: usize, start: usize, end: usize) -> Option<Told> {
        if !self.scratch.hopes.now() {
            return None;
        }
        let (first, errors, details) = (self.written.len(), self.errors.len(), self.details.len());
        let mut line = Line { row, start, end, copied: start, shown: false, plain: true };
        let known = self.read(&mut line).is_some() && (!line.shown || line.plain);
        self.scratch.hopes.after(known);
        let refused = self.errors.len() > errors;
        if refused || !known {
            self.written.truncate(first);
        }
        if !known {
            self.errors.truncate(errors);
            self.details.truncate(details);
            return None;
        }
        if refused {
            return Some(Told::Refused);
        }
        if line.copied == start {
            return Some(Told::Goes(Span::new(Place::FinalPlain, start, end - start)));
        }
        self.copy(&mut line, end);
        let len = self.written.len() - first;
        // Lines that follow one another are copied together.
        self.written.push(b'\n');
        Some(Told::Goes(Span::new(Place::FinalWritten, first, len)))
    }

    #[inline(always)]
    fn read(&mut self, line: &mut Line) -> Option<()> {
        let (echo, data, start, end) = (self.echo, self.data, line.start, line.end);
        if data.len() - end < AHEAD {
            return None;
        }
        let mut at = start;
        for (number, judge) in echo.judges.iter().enumerate() {
            if at >= end {
                return None;
            }
            // SAFETY: a head and a short value that begin within the line end less than `AHEAD` bytes behind it.
            let found = unsafe {
                if !(judge.head.stands_unchecked(data, at) || at == start && judge.opens(data, at)) {
                    self.add(line, number, at)?;
                    continue;
                }
                at += judge.head.len;
                match judge.way {
                    Way::Text => quick::text(data, at),
                    Way::Int => quick::number(data, at, false),
                    Way::Float => quick::number(data, at, true),
                    Way::Literal => quick::literal(data, at),
                    Way::Kernel => None,
                }
            };
            at = match found {
                Some(after) => after,
                None => self.other(line, number, at)?,
            };
        }
        (at > start && at + 1 == end && data[at] == b'}').then_some(())
    }

    /// Goes on after the value at `from`, whatever is written of it, or its error is noted.
    #[inline(never)]
    fn other(&mut self, line: &mut Line, at: usize, from: usize) -> Option<usize> {
        let (judge, data, field) = (&self.echo.judges[at], self.data, &self.plan.fields[at]);
        // What is behind the line may be no UTF-8.
        let (found, to) = value_or(data, from, |_| None).filter(|(_, to)| *to < line.end)?;
        let whole = Span::new(Place::FinalPlain, from, to - from);
        let (tag, bytes) = match found {
            Value::Null if judge.nullable => return Some(to),
            Value::Null => return self.refuse(line, at, judge.scalars.wrong?, None, whole).map(|()| to),
            Value::Text(end, false) => (Tag::Text, &data[from + 1..end]),
            Value::Text(end, true) => {
                self.scratch.undone.clear();
                unescape(&data[from + 1..end], &mut self.scratch.undone)?;
                (Tag::Escaped, &self.scratch.undone[..])
            }
            Value::Int => (Tag::Int, &data[from..to]),
            Value::Float => (Tag::Float, &data[from..to]),
            Value::True => (Tag::True, &data[from..to]),
            Value::False => (Tag::False, &data[from..to]),
            Value::MinusZero | Value::Nested => return None,
        };
        let given = if tag == Tag::Text { Span::new(Place::Quoted, from + 1, bytes.len()) } else { whole };
        let on = judge.scalars.on(tag, 0);
        if on != On::Kernel {
            let Given::Wrong(code) = judge.scalars.instead(on, judge.rest, bytes) else { return None };
            stands(tag, bytes).then_some(())?;
            return self.refuse(line, at, code, None, given).map(|()| to);
        }
        // SAFETY: the line is UTF-8, values begin and end at ASCII bytes, and undone escapes are whole characters.
        let text = unsafe { std::str::from_utf8_unchecked(bytes) };
        let value = &mut self.scratch.value;
        value.clear();
        let constants = &self.plan.constants;
        let goes = with_kernel!(&field.checker, kernel => {
            goes(kernel, judge.echoes, tag, text, constants, value)
        }, {
            Checker::Refuse(_) | Checker::Ask | Checker::Nested(_) => Goes::Nowhere,
        });
        // A double that its kernel leaves as it is has its shortest form.
        let as_it_stands = matches!((&goes, &field.checker), (Goes::Same, Checker::Float(_))) || stands(tag, bytes);
        line.plain &= as_it_stands;
        let (new, is_text) = match goes {
            Goes::Same => return Some(to),
            Goes::Text(new) => (new, true),
            Goes::Other(new) => (new, false),
            Goes::Refused(code, detail) => {
                as_it_stands.then_some(())?;
                return self.refuse(line, at, code, detail, given).map(|()| to);
            }
            Goes::Nowhere => return None,
        };
        self.written.extend_from_slice(&data[line.copied..from]);
        line.copied = to;
        if is_text {
            json::string(new, self.written);
        } else {
            self.written.extend_from_slice(new);
        }
        Some(to)
    }

    /// Notes an error about the value `given` of field `at`. None where Pydantic has to decide, or words it.
    #[cold]
    fn refuse(
        &mut self,
        line: &Line,
        at: usize,
        code: ErrorCode,
        detail: Option<Cow<'static, str>>,
        given: Span,
    ) -> Option<()> {
        if self.plan.dialect != Dialect::Pydantic {
            return None;
        }
        let (field, mut state) = (&self.plan.fields[at], State::Good);
        let mut notes = Notes { errors: self.errors, details: self.details, field, at: at as u32 };
        match detail {
            Some(detail) => notes.reject_with(line.row, &mut state, code, given, detail),
            None => notes.reject(line.row, &mut state, code, given, 0),
        }
        (state == State::Rejected).then_some(())
    }

    /// Copies the line up to `to`.
    #[inline(always)]
    fn copy(&mut self, line: &mut Line, to: usize) {
        self.written.extend_from_slice(&self.data[line.copied..to]);
        line.copied = to;
    }

    /// Adds what is written of field `number`, whose key is not there, before the comma or bracket at `before`; or notes
    /// that it is missing.
    #[inline(never)]
    fn add(&mut self, line: &mut Line, number: usize, before: usize) -> Option<()> {
        let field = &self.plan.fields[number];
        let span = match field.on_null {
            OnNull::Constant(span) => span,
            OnNull::Missing => {
                line.shown = true;
                let whole = Span::new(Place::FinalPlain, line.start, line.end - line.start);
                return self.refuse(line, number, ErrorCode::Missing, None, whole);
            }
            OnNull::Ask => return None,
        };
        if span.place() == Place::Absent {
            return Some(());
        }
        // What stands before the first key that is there is a bracket.
        if before == line.start {
            return None;
        }
        self.copy(line, before);
        self.written.push(b',');
        self.written.extend_from_slice(&field.key);
        self.written.extend_from_slice(&self.plan.constants[span.start()..span.start() + span.len()]);
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

/// Whether a line will go out nearly as it stands, going by the lines before: its kernels were asked in vain otherwise.
#[derive(Debug, Default)]
struct Hopes {
    /// Lines one after another that did not.
    failures: u32,
    /// Lines of which it is not tried to find out.
    pause: u32,
}

impl Hopes {
    /// The longest pause is two to this power.
    const MOST: u32 = 5;

    /// Whether a line is worth a try.
    #[inline(always)]
    fn now(&mut self) -> bool {
        let now = self.pause == 0;
        self.pause = self.pause.saturating_sub(1);
        now
    }

    /// What came of a try.
    #[inline(always)]
    fn after(&mut self, good: bool) {
        self.failures = if good { 0 } else { Self::MOST.min(self.failures + 1) };
        // One alone means nothing.
        self.pause = if self.failures < 2 { 0 } else { 1 << self.failures };
    }
}
