//! Echo: lines that go out as they stand, or nearly so, checked and written in one pass.
//!
//! In: a line. Out: the line as it goes out, where its keys stand in the usual order with nothing between its tokens and
//! every value is accepted: the very line, or a copy in which some values are written anew and defaults are added. About
//! any other line nothing is noted: it is read and checked field by field.

use std::ops::Range;

use super::bare::Pattern;
use super::check;
use super::quick::{self, AHEAD};
use super::scalars::{On, Scalars};
use super::scan::{Value, unescape, value_or};
use super::tokens::Tag;
use crate::cells::{Place, Span};
use crate::check::work::State;
use crate::check::{Kernel, Verdict, with_kernel};
use crate::compiled::{Checker, Compiled, Field, OnNull};
use crate::encode::json;
use crate::plan::Bounds;
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
            let scalars = Scalars::of(&field.checker, is_text);
            (head.len > 0).then_some(Judge { head, way, scalars, echoes, nullable: field.nullable.is_some() })
        };
        Some(Self { judges: fields.iter().enumerate().map(judge).collect::<Option<_>>()? })
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
    echo: &'a Echo,
    plan: &'a Compiled,
    data: &'a [u8],
    /// Up to here the line is in `written`, if any of it is.
    copied: usize,
    written: &'a mut Vec<u8>,
    scratch: &'a mut Scratch,
}

impl<'a> Echoing<'a> {
    /// Lines that do not go out as they stand are appended to `written`.
    pub fn new(
        echo: &'a Echo,
        plan: &'a Compiled,
        data: &'a [u8],
        written: &'a mut Vec<u8>,
        scratch: &'a mut Scratch,
    ) -> Self {
        Self { echo, plan, data, copied: 0, written, scratch }
    }

    /// Finds what goes out of the lines of `rows`, which is known of those whose state becomes [`State::Echoed`] then.
    /// `valid`: all of them are UTF-8. `others` gets the runs of those of which it is not known.
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
            if *state == State::Good
                && (valid || simdutf8::basic::from_utf8(&self.data[start..end]).is_ok())
                && let Some(line) = self.line(start, end)
            {
                *state = State::Echoed;
                *span = line;
                continue;
            }
            match others.last_mut() {
                Some(run) if run.end == number => run.end += 1,
                _ => others.push(number..number + 1),
            }
        }
    }

    #[inline(always)]
    fn line(&mut self, start: usize, end: usize) -> Option<Span> {
        if !self.scratch.hopes.now() {
            return None;
        }
        let first = self.written.len();
        self.copied = start;
        let good = self.read(start, end).is_some();
        self.scratch.hopes.after(good);
        if !good {
            self.written.truncate(first);
            return None;
        }
        if self.copied == start {
            return Some(Span::new(Place::FinalPlain, start, end - start));
        }
        self.copy(end);
        let len = self.written.len() - first;
        // Lines that follow one another are copied together.
        self.written.push(b'\n');
        Some(Span::new(Place::FinalWritten, first, len))
    }

    #[inline(always)]
    fn read(&mut self, start: usize, end: usize) -> Option<()> {
        let (echo, data) = (self.echo, self.data);
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
                if !judge.head.stands_unchecked(data, at) {
                    // What stands before the first key that is there is a bracket.
                    self.add(number, (at > start).then_some(at)?)?;
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
                None => self.other(number, at, end)?,
            };
        }
        (at + 1 == end && data[at] == b'}').then_some(())
    }

    /// Goes on after the value at `from` in a line that ends before `end`, where it is accepted, whatever is written of it.
    #[inline(never)]
    fn other(&mut self, at: usize, from: usize, end: usize) -> Option<usize> {
        let (judge, data) = (&self.echo.judges[at], self.data);
        // What is behind the line may be no UTF-8.
        let (found, to) = value_or(data, from, |_| None).filter(|(_, to)| *to < end)?;
        let (tag, bytes) = match found {
            Value::Null => return judge.nullable.then_some(to),
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
        if judge.scalars.on(tag, 0) != On::Kernel {
            return None;
        }
        // SAFETY: the line is UTF-8, values begin and end at ASCII bytes, and undone escapes are whole characters.
        let text = unsafe { std::str::from_utf8_unchecked(bytes) };
        let value = &mut self.scratch.value;
        value.clear();
        let constants = &self.plan.constants;
        let goes = with_kernel!(&self.plan.fields[at].checker, kernel => {
            goes(kernel, judge.echoes, tag, text, constants, value)
        }, {
            Checker::Refuse(_) | Checker::Ask | Checker::Nested(_) => Goes::Nowhere,
        });
        let (new, is_text) = match goes {
            Goes::Same => return Some(to),
            Goes::Text(new) => (new, true),
            Goes::Other(new) => (new, false),
            Goes::Nowhere => return None,
        };
        self.written.extend_from_slice(&data[self.copied..from]);
        self.copied = to;
        if is_text {
            json::string(new, self.written);
        } else {
            self.written.extend_from_slice(new);
        }
        Some(to)
    }

    /// Copies the line up to `to`.
    #[inline(always)]
    fn copy(&mut self, to: usize) {
        self.written.extend_from_slice(&self.data[self.copied..to]);
        self.copied = to;
    }

    /// Adds what is written of field `number`, whose key is not there, before the comma or bracket at `before`.
    #[inline(never)]
    fn add(&mut self, number: usize, before: usize) -> Option<()> {
        let field = &self.plan.fields[number];
        let OnNull::Constant(span) = field.on_null else { return None };
        if span.place() == Place::Absent {
            return Some(());
        }
        self.copy(before);
        self.written.push(b',');
        self.written.extend_from_slice(&field.key);
        self.written.extend_from_slice(&self.plan.constants[span.start()..span.start() + span.len()]);
        Some(())
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
        Verdict::Reject(_) | Verdict::RejectWith(..) | Verdict::Unsure => Goes::Nowhere,
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
