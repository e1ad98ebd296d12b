//! `str(value)` and `format(value, spec)`: values as people read them.
//!
//! In: values and a constant format spec. Out: texts. The digits of floats are exact, as Python's are. A spec that has
//! no meaning here, or raises in Python, makes the value unsure.

use std::fmt::Write;

use super::number::as_float;
use super::temporal::{self, Form};
use super::value::{Texts, Value};
use crate::encode::float::{self, Style};

/// More would be a very long text, or more digits than any float has.
const WIDEST: usize = 1000;

/// A format spec: `[[fill]align][sign][0][width][grouping][.precision][type]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    empty: bool,
    fill: char,
    /// One of `<>^=`.
    align: Option<char>,
    /// A zero before the width, where neither fill nor align were given: `=` for numbers, `<` for text.
    zero: bool,
    sign: Option<char>,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

/// Takes a number off the front of `rest`, `missing` where there is none; None where it is too large.
fn take_number(rest: &mut &str, missing: Option<usize>) -> Option<usize> {
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if digits == 0 {
        return missing;
    }
    let number = rest[..digits].parse().ok().filter(|&number| number <= WIDEST)?;
    *rest = &rest[digits..];
    Some(number)
}

/// Takes one of `listed` off the front of `rest`.
fn take(rest: &mut &str, listed: &[char]) -> Option<char> {
    let first = rest.chars().next().filter(|c| listed.contains(c))?;
    *rest = &rest[first.len_utf8()..];
    Some(first)
}

impl Spec {
    /// Reads a spec. None where it holds what is not done here.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        const ALIGN: [char; 4] = ['<', '>', '^', '='];
        let mut rest = text;
        let mut chars = text.chars();
        let (first, second) = (chars.next(), chars.next());
        let (mut fill, mut align) = (None, None);
        if let (Some(first), Some(second)) = (first, second)
            && ALIGN.contains(&second)
        {
            (fill, align) = (Some(first), Some(second));
            rest = chars.as_str();
        } else if let Some(found) = take(&mut rest, &ALIGN) {
            align = Some(found);
        }
        let sign = take(&mut rest, &['+', '-', ' ']);
        let mut zero = false;
        if fill.is_none() && take(&mut rest, &['0']).is_some() {
            (zero, fill) = (align.is_none(), Some('0'));
        }
        let width = take_number(&mut rest, Some(0))?;
        let grouping = take(&mut rest, &[',', '_']);
        let mut precision = None;
        if take(&mut rest, &['.']).is_some() {
            precision = Some(take_number(&mut rest, None)?);
        }
        let kind = take(&mut rest, &['d', 'x', 'X', 'o', 'b', 'e', 'E', 'f', 'F', 'g', 'G', '%', 's']);
        let fill = fill.unwrap_or(' ');
        let spec = Self { empty: text.is_empty(), fill, align, zero, sign, width, grouping, precision, kind };
        rest.is_empty().then_some(spec)
    }

    /// Appends a text with what fills it up to the width; `sign` stands before the filling where `=` aligns.
    fn pad(&self, sign: &str, body: &str, default: char, out: &mut String) -> Option<()> {
        let align = match self.align {
            None if self.zero && default == '>' => '=',
            align => align.unwrap_or(default),
        };
        if align == '=' && self.fill == '0' && self.grouping.is_some() {
            // Python groups the zeros too.
            return None;
        }
        let missing = self.width.saturating_sub(sign.len() + body.chars().count());
        let (before, inside, after) = match align {
            '<' => (0, 0, missing),
            '=' => (0, missing, 0),
            '^' => (missing / 2, 0, missing - missing / 2),
            _ => (missing, 0, 0),
        };
        let fill = |out: &mut String, count| out.extend(std::iter::repeat_n(self.fill, count));
        fill(out, before);
        out.push_str(sign);
        fill(out, inside);
        out.push_str(body);
        fill(out, after);
        Some(())
    }

    fn text(&self, text: &str, out: &mut String) -> Option<()> {
        if !matches!(self.kind, None | Some('s')) || self.sign.is_some() || self.grouping.is_some() {
            return None;
        }
        if self.align == Some('=') {
            return None;
        }
        let end = self.precision.and_then(|most| text.char_indices().nth(most)).map_or(text.len(), |(end, _)| end);
        self.pad("", &text[..end], '<', out)
    }

    fn sign(&self, negative: bool) -> &'static str {
        match (negative, self.sign) {
            (true, _) => "-",
            (false, Some('+')) => "+",
            (false, Some(' ')) => " ",
            (false, _) => "",
        }
    }

    /// The digits with a separator between groups of three of the whole part.
    fn group(&self, digits: &str, out: &mut String) {
        let Some(separator) = self.grouping else {
            out.push_str(digits);
            return;
        };
        let whole = digits.bytes().take_while(u8::is_ascii_digit).count();
        for (at, c) in digits[..whole].chars().enumerate() {
            if at > 0 && (whole - at).is_multiple_of(3) {
                out.push(separator);
            }
            out.push(c);
        }
        out.push_str(&digits[whole..]);
    }

    fn int(&self, int: i64, out: &mut String) -> Option<()> {
        let size = int.unsigned_abs();
        let digits = match self.kind {
            None | Some('d') => size.to_string(),
            Some('s') => return None,
            // Python groups these by four.
            Some('x' | 'X' | 'o' | 'b') if self.grouping.is_some() => return None,
            Some('x') => format!("{size:x}"),
            Some('X') => format!("{size:X}"),
            Some('o') => format!("{size:o}"),
            Some('b') => format!("{size:b}"),
            _ => return self.float(as_float(int), out),
        };
        if self.precision.is_some() {
            return None;
        }
        let mut body = String::new();
        self.group(&digits, &mut body);
        self.pad(self.sign(int < 0), &body, '>', out)
    }

    fn float(&self, value: f64, out: &mut String) -> Option<()> {
        let precision = self.precision.unwrap_or(6);
        let percent = self.kind == Some('%');
        let value = if percent { value * 100.0 } else { value };
        let size = value.abs();
        let mut digits = String::new();
        if value.is_nan() {
            digits.push_str("nan");
        } else if value.is_infinite() {
            digits.push_str("inf");
        } else {
            match self.kind {
                None if self.precision.is_none() => digits = repr(size),
                Some('f' | 'F' | '%') => write!(digits, "{size:.precision$}").ok()?,
                Some('e' | 'E') => scientific(size, precision, &mut digits)?,
                Some('g' | 'G') => general(size, precision.max(1), &mut digits)?,
                _ => return None,
            }
        }
        if !matches!(self.kind, None | Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%')) {
            return None;
        }
        if self.kind.is_none() && self.precision.is_some() {
            return None;
        }
        if matches!(self.kind, Some('E' | 'F' | 'G')) {
            digits.make_ascii_uppercase();
        }
        if percent {
            digits.push('%');
        }
        let mut body = String::new();
        self.group(&digits, &mut body);
        let negative = value.is_sign_negative() && !value.is_nan();
        self.pad(self.sign(negative), &body, '>', out)
    }
}

/// Digits and the exponent of ten of the first one, rounded to `places` decimals.
fn split(size: f64, places: usize) -> Option<(String, i32)> {
    let text = format!("{size:.places$e}");
    let (digits, exponent) = text.split_once('e')?;
    Some((digits.to_owned(), exponent.parse().ok()?))
}

fn push_exponent(exponent: i32, out: &mut String) {
    let sign = if exponent < 0 { '-' } else { '+' };
    // Writing to a string cannot fail.
    let _ = write!(out, "e{sign}{:02}", exponent.unsigned_abs());
}

fn scientific(size: f64, precision: usize, out: &mut String) -> Option<()> {
    let (digits, exponent) = split(size, precision)?;
    out.push_str(&digits);
    push_exponent(exponent, out);
    Some(())
}

fn general(size: f64, precision: usize, out: &mut String) -> Option<()> {
    let bare = |digits: &str| {
        let bare = if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits };
        bare.to_owned()
    };
    let (digits, exponent) = split(size, precision - 1)?;
    let places = i64::try_from(precision).ok()? - 1 - i64::from(exponent);
    match usize::try_from(places) {
        Ok(places) if exponent >= -4 => out.push_str(&bare(&format!("{size:.places$}"))),
        _ => {
            out.push_str(&bare(&digits));
            push_exponent(exponent, out);
        }
    }
    Some(())
}

fn repr(float: f64) -> String {
    let mut out = Vec::new();
    float::write(float, Style::Repr, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// Appends `str(value)`.
fn push(value: Value, texts: &Texts<'_>, out: &mut String) -> Option<()> {
    match value {
        Value::Unsure => return None,
        Value::None => out.push_str("None"),
        Value::Bool(bool) => out.push_str(if bool { "True" } else { "False" }),
        Value::Int(int) => out.push_str(itoa::Buffer::new().format(int)),
        Value::Float(float) => {
            let mut bytes = std::mem::take(out).into_bytes();
            float::write(float, Style::Repr, &mut bytes);
            *out = String::from_utf8(bytes).unwrap_or_default();
        }
        Value::Str(span) => out.push_str(texts.get(span)),
        Value::Date(_) | Value::DateTime { .. } => temporal::write(value, Form::Str, out)?,
        Value::Delta(micros) => temporal::write_delta(micros, out),
    }
    Some(())
}

/// `str(value)`.
pub fn str(value: Value, texts: &mut Texts<'_>) -> Value {
    if let Value::Str(_) = value {
        return value;
    }
    texts.make(|texts, out| push(value, texts, out))
}

/// `format(value, spec)`. Dates are not laid out here.
pub fn format(value: Value, spec: &Spec, texts: &mut Texts<'_>) -> Value {
    if spec.empty {
        return str(value, texts);
    }
    texts.make(|texts, out| match value {
        Value::Bool(bool) => spec.int(i64::from(bool), out),
        Value::Int(int) => spec.int(int, out),
        Value::Float(float) => spec.float(float, out),
        Value::Str(span) => spec.text(texts.get(span), out),
        _ => None,
    })
}
