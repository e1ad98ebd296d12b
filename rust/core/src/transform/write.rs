//! Write: values of expressions in the form of the sink, where the output schema accepts them as they are.
//!
//! In: a value and the kernel of its output. Out: the span of what is written, or None: then Python decides. A value of
//! another type than the kernel's is for Python to convert, except an int that a float holds exactly.

use crate::cells::{MAX_SPAN, Place, Span};
use crate::check::{Kernel, Verdict, float::Float, int::outside};
use crate::compiled::Checker;
use crate::encode::float;
use crate::expr::value::{Texts, Value};
use crate::expr::{number, temporal};

/// Ints up to this are exact as floats.
const EXACT: u64 = 1 << 53;

/// Writes a value in the form of the sink. None where the output schema does not accept it as it is.
#[inline]
pub fn write(value: Value, checker: &Checker, null: Option<Span>, texts: &mut Texts<'_>) -> Option<Span> {
    match (value, checker) {
        (Value::None, _) => null,
        (Value::Float(value), Checker::Float(kernel)) => write_float(value, kernel, texts),
        (Value::Int(value), Checker::Float(kernel)) if value.unsigned_abs() <= EXACT => {
            write_float(number::as_float(value), kernel, texts)
        }
        (Value::Int(value), Checker::Int(kernel)) => {
            if kernel.multiple_of.is_some_and(|of| value.checked_rem(of) != Some(0)) {
                return None;
            }
            if outside(&kernel.bounds, &value).is_some() {
                return None;
            }
            last(texts, |out| out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes()))
        }
        (Value::Bool(value), Checker::Bool(kernel)) => Some(if value { kernel.yes } else { kernel.no }),
        (Value::Str(span), Checker::Any(_)) => Some(span),
        (Value::Str(span), Checker::Str(kernel)) => through(kernel, span, texts),
        (Value::Str(span), Checker::Choice(kernel)) => through(kernel, span, texts),
        (Value::Int(value), Checker::Integers(kernel)) => {
            let span = made(texts, |out| {
                out.push_str(itoa::Buffer::new().format(value));
                Some(())
            })?;
            through(kernel, span, texts)
        }
        (Value::Date(_), Checker::Date(kernel)) => {
            let span = made(texts, |out| temporal::write(value, temporal::Form::Json, out))?;
            through(kernel, span, texts)
        }
        (Value::DateTime { .. }, Checker::DateTime(kernel)) => {
            let span = made(texts, |out| temporal::write(value, temporal::Form::Json, out))?;
            through(&**kernel, span, texts)
        }
        (Value::Delta(micros), Checker::TimeDelta(kernel)) => {
            let span = made(texts, |out| temporal::write_duration(micros, out))?;
            through(kernel, span, texts)
        }
        _ => None,
    }
}

/// Writes floats in turn, and hands on the span of each.
#[inline(always)]
pub fn floats(values: &[f64], kernel: &Float, texts: &mut Texts<'_>, mut each: impl FnMut(Option<Span>)) {
    let free = kernel.multiple_of.is_none() && kernel.bounds.is_free();
    for &value in values {
        each(if free && value.is_finite() {
            last(texts, |out| float::write(value, kernel.style, out))
        } else {
            write_float(value, kernel, texts)
        });
    }
}

#[inline(always)]
fn write_float(value: f64, kernel: &Float, texts: &mut Texts<'_>) -> Option<Span> {
    let refused = !kernel.allow_inf_nan && !value.is_finite() || outside(&kernel.bounds, &value).is_some();
    if refused || kernel.multiple_of.is_some() {
        return None;
    }
    last(texts, |out| float::write(value, kernel.style, out))
}

/// A text that goes out as it is.
#[inline(always)]
fn last(texts: &mut Texts<'_>, write: impl FnOnce(&mut Vec<u8>)) -> Option<Span> {
    let begin = texts.written.len();
    if !texts.fits(64) {
        return None;
    }
    write(&mut texts.written);
    Some(Span::new(Place::FinalWritten, begin, texts.written.len() - begin))
}

fn made(texts: &mut Texts<'_>, write: impl FnOnce(&mut String) -> Option<()>) -> Option<Span> {
    match texts.make(|_, out| write(out)) {
        Value::Str(span) => Some(span),
        _ => None,
    }
}

/// What a kernel makes of a text; None unless it accepts it.
fn through(kernel: &impl Kernel, span: Span, texts: &mut Texts<'_>) -> Option<Span> {
    let mut out = Vec::new();
    let text = texts.get(span);
    match kernel.check(text, &mut out) {
        Verdict::Same(_) => Some(span),
        Verdict::Part(offset, len) => Some(Span::new(span.place(), span.start() + offset, len)),
        Verdict::Written(_) if out.len() <= MAX_SPAN => match texts.add(std::str::from_utf8(&out).ok()?) {
            Value::Str(span) => Some(span),
            _ => None,
        },
        Verdict::Constant(span, _) => Some(span),
        _ => None,
    }
}
