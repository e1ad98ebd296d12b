//! Check: from the tokens of a block to verdicts, one field after another.
//!
//! What a type does with strings, numbers and literals says the table [`Scalars`]; what is not in it is unsure.

use std::borrow::Cow;

use super::read::read;
use super::scalars::{Given, On, Scalars};
use super::tokens::{Tag, Token};
use super::whole::Whole;
use super::{extra, object};
use crate::cells::{Place, Span};
use crate::check::ask;
use crate::check::column::Notes;
use crate::check::work::{Input, State, Work, ready};
use crate::check::{Kernel, Verdict, msgspec, with_kernel};
use crate::compiled::{Checker, Compiled, Field, NO_TEMPLATE, OnNull};
use crate::error::Result;
use crate::plan::{Dialect, ErrorCode, Format};
use crate::shape;

/// Checks every line of a block: the twin of [`column::check`](crate::check::column::check).
pub fn check(input: &Input<'_>, work: &mut Work) -> Result<()> {
    let rows = input.block.rows.rows.len();
    for ((field, spans), values) in input.plan.fields.iter().zip(&mut work.spans).zip(&mut work.values) {
        let nested = matches!(field.checker, Checker::Nested(_));
        ready(spans, values, rows, !nested && (work.keep || field.valued));
    }
    read(input, work);
    let keep = work.keep;
    for (at, field) in input.plan.fields.iter().enumerate() {
        work.keep = keep || field.valued;
        if field.paths.is_empty() {
            dispatch(input, work, field, at);
        } else {
            several(input, work, field, at);
        }
    }
    work.keep = keep;
    if let Some(extra) = &input.plan.extra {
        extra::check(extra, input, work);
    }
    for (at, field) in input.plan.fields.iter().enumerate() {
        if matches!(field.checker, Checker::Ask) {
            ask::cells(input, work, field, at)?;
        }
    }
    work.order();
    if input.plan.dialect == Dialect::Msgspec {
        msgspec::keep_first(input, work);
    }
    Ok(())
}

/// A field that is looked up under several keys.
fn several(input: &Input<'_>, work: &mut Work, field: &Field, at: usize) {
    let (mut moved, mut several) = (Vec::new(), Vec::new());
    work.tokens.join(&field.paths, &mut moved, &mut several);
    let first = work.errors.len();
    dispatch(input, work, field, at);
    // The loc of an error names the key that was found. What is not looked at is an extra key.
    let named = work.errors[first..].iter().map(|found| found.row as usize);
    let named: Vec<_> = named.filter(|row| moved.binary_search(row).is_ok()).collect();
    let extra = if input.plan.extra.is_some() { several } else { Vec::new() };
    for row in named.into_iter().chain(extra) {
        work.states[row] = work.states[row].max(State::Unsure);
    }
}

fn dispatch(input: &Input<'_>, work: &mut Work, field: &Field, at: usize) {
    let scalars = Scalars::of(&field.checker, is_text(field));
    with_kernel!(&field.checker, kernel => native(kernel, scalars, input, work, field, at), {
        Checker::Nested(shape) => shape::check::lines(*shape, input, work, field, at),
        Checker::Ask => {}
        Checker::Refuse(_) => {
            for state in work.states.iter_mut().filter(|state| **state < State::Unsure) {
                *state = State::Unsure;
            }
        }
    });
}

/// Whether a field whose kernel accepts everything is text. A value of any type has the same kernel; the errors tell them
/// apart.
pub(super) fn is_text(field: &Field) -> bool {
    field.by_code[ErrorCode::StringType as usize] != NO_TEMPLATE
}

/// The loop of one type.
#[inline(never)]
fn native<K: Kernel>(kernel: &K, scalars: Scalars, input: &Input<'_>, work: &mut Work, field: &Field, at: usize) {
    let data = input.block.bytes();
    let (column, dialect, rest) = (field.column.unwrap_or_default(), input.plan.dialect, Scalars::rest(&field.checker));
    let Work {
        states, spans, values, unquoted, written, errors, details, keep, format, tokens, wholes, others, ..
    } = work;
    let (spans, values) = (&mut spans[at], &mut values[at]);
    let as_it_stands = quotes_stay(input.plan, *format) && !*keep;
    let mut notes = Notes { errors, details, field, at: at as u32 };
    for run in others.iter() {
        for (number, (state, slot)) in run.clone().zip(states[run.clone()].iter_mut().zip(&mut spans[run.clone()])) {
            if *state >= State::Unsure {
                continue;
            }
            let token = tokens.of(number, column);
            let tag = token.tag();
            let on = match tag {
                Tag::Null => match field.nullable {
                    Some(null) => {
                        *slot =
                            if as_it_stands { Span::new(Place::FinalPlain, token.start(), token.len()) } else { null };
                        continue;
                    }
                    None => On::Wrong,
                },
                Tag::Absent => {
                    *slot = absent(&mut notes, number, state, Whole { input, tokens, written, spans: wholes });
                    continue;
                }
                _ => scalars.on(tag, data[token.start()]),
            };
            let place = if tag == Tag::Escaped { Place::Unquoted } else { Place::Quoted };
            let whole = Span::new(place, token.start(), token.len());
            let from = if tag == Tag::Escaped { &unquoted[..] } else { data };
            let bytes = &from[whole.start()..whole.start() + whole.len()];
            // SAFETY: the line is UTF-8, tokens begin and end at ASCII bytes, and undone escapes are whole characters.
            let text = unsafe { std::str::from_utf8_unchecked(bytes) };
            if on != On::Kernel {
                match odd(kernel, scalars.instead(on, rest, bytes), written) {
                    Ok((span, bits)) => {
                        *slot = span;
                        values.get_mut(number).into_iter().for_each(|slot| *slot = bits);
                    }
                    Err(Some((code, detail))) => {
                        let detail = detail.or_else(|| scalars.named.then(|| Cow::Borrowed(name(tag))));
                        refuse(&mut notes, (number, state), code, detail, shown(token, whole, dialect, data, written));
                    }
                    Err(None) => *state = State::Unsure,
                }
                continue;
            }
            let verdict = match accepted(kernel, tag, token.start(), text, as_it_stands, written) {
                Ok((span, bits)) => {
                    *slot = span;
                    values.get_mut(number).into_iter().for_each(|slot| *slot = bits);
                    continue;
                }
                Err(verdict) => verdict,
            };
            let (code, detail) = match verdict {
                Verdict::Reject(code) => (code, None),
                Verdict::RejectWith(code, detail) => (code, Some(detail)),
                _ => {
                    *state = State::Unsure;
                    continue;
                }
            };
            refuse(&mut notes, (number, state), code, detail, shown(token, whole, dialect, data, written));
        }
    }
}

/// Whether strings without escapes are written as they stand, quotes and all, where nobody looks at their text before.
pub(super) fn quotes_stay(plan: &Compiled, format: Option<Format>) -> bool {
    format == Some(Format::Jsonl) && plan.transform.is_none()
}

/// What is written of a value that its kernel accepts, and its bits; or what else the kernel says. `text`
/// begins at `start`; `as_it_stands`: see [`quotes_stay`].
#[inline(always)]
pub(super) fn accepted<K: Kernel>(
    kernel: &K,
    tag: Tag,
    start: usize,
    text: &str,
    as_it_stands: bool,
    written: &mut Vec<u8>,
) -> std::result::Result<(Span, i64), Verdict> {
    let begin = written.len();
    let whole = Span::new(if tag == Tag::Escaped { Place::Unquoted } else { Place::Quoted }, start, text.len());
    Ok(match kernel.check(text, written) {
        Verdict::Same(bits) if tag == Tag::Escaped && !K::TEXT => {
            written.extend_from_slice(text.as_bytes());
            (Span::new(Place::FinalWritten, begin, text.len()), bits)
        }
        Verdict::Same(bits) => (same::<K>(tag, whole, as_it_stands), bits),
        Verdict::Part(offset, len) => (Span::new(whole.place(), whole.start() + offset, len), 0),
        Verdict::Written(bits) => {
            let place = if K::TEXT { Place::Written } else { Place::FinalWritten };
            (Span::new(place, begin, written.len() - begin), bits)
        }
        Verdict::Constant(span, bits) => (span, bits),
        refused => {
            written.truncate(begin);
            return Err(refused);
        }
    })
}

/// An error, and the text that its message contains.
type Wrong = (ErrorCode, Option<Cow<'static, str>>);

/// What is written of a value that its kernel does not read as it stands, and its bits; or what is wrong with it, with
/// what the message contains; or nothing: Pydantic decides.
#[cold]
#[inline(never)]
fn odd<K: Kernel>(kernel: &K, given: Given, written: &mut Vec<u8>) -> std::result::Result<(Span, i64), Option<Wrong>> {
    let text = match given {
        Given::Instead(text) => text,
        Given::Wrong(code) => return Err(Some((code, None))),
        Given::Itself | Given::Unsure => return Err(None),
    };
    let begin = written.len();
    let bits = match kernel.check(&text, written) {
        Verdict::Same(bits) => {
            written.extend_from_slice(text.as_bytes());
            bits
        }
        Verdict::Part(from, len) => {
            written.extend_from_slice(&text.as_bytes()[from..from + len]);
            0
        }
        Verdict::Written(bits) => bits,
        Verdict::Constant(span, bits) => return Ok((span, bits)),
        Verdict::Reject(code) => return Err(Some((code, None))),
        Verdict::RejectWith(code, detail) => return Err(Some((code, Some(detail)))),
        Verdict::Unsure => {
            written.truncate(begin);
            return Err(None);
        }
    };
    let place = if K::TEXT { Place::Written } else { Place::FinalWritten };
    Ok((Span::new(place, begin, written.len() - begin), bits))
}

/// What is written of a value that stands in its line as it is written.
#[inline(always)]
fn same<K: Kernel>(tag: Tag, whole: Span, as_it_stands: bool) -> Span {
    if !K::TEXT {
        return Span::new(Place::FinalPlain, whole.start(), whole.len());
    }
    if as_it_stands && tag == Tag::Text { with_quotes(whole) } else { whole }
}

/// What msgspec calls a value.
#[cold]
fn name(tag: Tag) -> &'static str {
    match tag {
        Tag::Absent | Tag::Null => "null",
        Tag::Text | Tag::Escaped => "str",
        Tag::Int => "int",
        Tag::Float => "float",
        Tag::True | Tag::False => "bool",
        Tag::Raw => "object",
    }
}

/// A string as it stands in its line.
#[inline(always)]
fn with_quotes(text: Span) -> Span {
    Span::new(Place::FinalPlain, text.start() - 1, text.len() + 2)
}

/// Notes an error about `given`; without that, Pydantic is asked.
#[cold]
fn refuse(
    notes: &mut Notes<'_>,
    (number, state): (usize, &mut State),
    code: ErrorCode,
    detail: Option<Cow<'static, str>>,
    given: Option<Span>,
) {
    match (given, detail) {
        (Some(given), None) => notes.reject(number, state, code, given, 0),
        (Some(given), Some(detail)) => notes.reject_with(number, state, code, given, detail),
        (None, _) => *state = State::Unsure,
    }
}

/// The input of an error: a string as it is, a number as it is written again. None where it is not finite.
#[cold]
fn shown(token: Token, whole: Span, dialect: Dialect, data: &[u8], written: &mut Vec<u8>) -> Option<Span> {
    match token.tag() {
        Tag::Text | Tag::Escaped => Some(whole),
        Tag::Float => {
            let begin = written.len();
            object::number(&data[whole.start()..whole.start() + whole.len()], dialect, written)?;
            Some(Span::new(Place::FinalWritten, begin, written.len() - begin))
        }
        Tag::Raw => {
            let begin = written.len();
            object::write(data, whole.start(), written)?;
            Some(Span::new(Place::FinalWritten, begin, written.len() - begin))
        }
        _ => Some(Span::new(Place::FinalPlain, whole.start(), whole.len())),
    }
}

/// What a key means that is not there. The error `missing` shows the whole line.
pub(crate) fn absent(notes: &mut Notes<'_>, number: usize, state: &mut State, mut whole: Whole<'_, '_>) -> Span {
    if !matches!(notes.field.on_null, OnNull::Missing) {
        return notes.null(number, state);
    }
    refuse(notes, (number, state), ErrorCode::Missing, None, whole.of(number));
    Span::ABSENT
}
