//! The methods of str. Positions and lengths are code points.
//!
//! In: values. Out: values. A result that is part of a text is not copied. The case of what is not ASCII is left to
//! Python, whose tables are those of its Unicode version.

use super::value::{Texts, Value, part};
use crate::cells::Span;

/// What a text function is given: the text, and the arguments.
fn str_of(value: Value) -> Option<Span> {
    if let Value::Str(span) = value { Some(span) } else { None }
}

/// An index or width.
fn int_of(value: Value) -> Option<i64> {
    match super::compare::number(value) {
        Value::Int(int) => Some(int),
        _ => None,
    }
}

/// Runs `work` on two texts.
fn two(a: &[Value], texts: &Texts<'_>, work: impl FnOnce(&str, &str) -> Option<Value>) -> Value {
    let (Some(one), Some(other)) = (str_of(a[0]), str_of(a[1])) else {
        return Value::Unsure;
    };
    work(texts.get(one), texts.get(other)).unwrap_or(Value::Unsure)
}

/// The length in code points.
fn count_chars(text: &str) -> i64 {
    let length = if text.is_ascii() { text.len() } else { text.chars().count() };
    length.cast_signed() as i64
}

/// The position in bytes of code point `at`; the end where there are fewer.
fn offset(text: &str, at: usize) -> usize {
    if text.is_ascii() {
        return at.min(text.len());
    }
    text.char_indices().nth(at).map_or(text.len(), |(offset, _)| offset)
}

/// `len(text)`.
pub fn len(a: &[Value], texts: &mut Texts<'_>) -> Value {
    str_of(a[0]).map_or(Value::Unsure, |span| Value::Int(count_chars(texts.get(span))))
}

/// `part in text`, given text and part.
pub fn contains(a: &[Value], texts: &Texts<'_>) -> Value {
    two(a, texts, |text, part| Some(Value::Bool(text.contains(part))))
}

/// `text.startswith(part)`.
pub fn startswith(a: &[Value], texts: &mut Texts<'_>) -> Value {
    two(a, texts, |text, part| Some(Value::Bool(text.starts_with(part))))
}

/// `text.endswith(part)`.
pub fn endswith(a: &[Value], texts: &mut Texts<'_>) -> Value {
    two(a, texts, |text, part| Some(Value::Bool(text.ends_with(part))))
}

/// `text.find(part)`.
pub fn find(a: &[Value], texts: &mut Texts<'_>) -> Value {
    two(a, texts, |text, part| Some(Value::Int(text.find(part).map_or(-1, |at| count_chars(&text[..at])))))
}

/// `text.count(part)`.
pub fn count(a: &[Value], texts: &mut Texts<'_>) -> Value {
    two(a, texts, |text, part| Some(Value::Int(text.matches(part).count().cast_signed() as i64)))
}

/// `text.isdigit()`.
pub fn isdigit(a: &[Value], texts: &mut Texts<'_>) -> Value {
    let Some(span) = str_of(a[0]) else {
        return Value::Unsure;
    };
    let text = texts.get(span);
    if text.is_empty() || text.bytes().any(|byte| byte.is_ascii() && !byte.is_ascii_digit()) {
        return Value::Bool(false);
    }
    // What other scripts call a digit is for the tables of Python's Unicode version to say.
    if text.is_ascii() { Value::Bool(true) } else { Value::Unsure }
}

/// The first character whose case is left to Python: up to here, the tables have not changed since Unicode 1.1.
const UNSETTLED: char = '\u{180}';

/// A text in another case. `odd` says which ASCII would change: a text of other ASCII alone is passed on.
fn recase(
    value: Value,
    texts: &mut Texts<'_>,
    odd: fn(&u8) -> bool,
    ascii: fn(&mut str),
    all: fn(&str) -> String,
) -> Value {
    let Some(span) = str_of(value) else {
        return Value::Unsure;
    };
    let text = texts.get(span);
    // One pass without a branch: most texts are as they should be.
    let (any, other) = text.bytes().fold((false, false), |(any, other), b| (any | odd(&b), other | !b.is_ascii()));
    if other {
        if text.chars().any(|c| c >= UNSETTLED) {
            return Value::Unsure;
        }
        let mended = all(text);
        return texts.add(&mended);
    }
    if !any {
        return value;
    }
    texts.make(|texts, out| {
        out.push_str(texts.get(span));
        ascii(out);
        Some(())
    })
}

/// `text.lower()`.
pub fn lower(a: &[Value], texts: &mut Texts<'_>) -> Value {
    recase(a[0], texts, u8::is_ascii_uppercase, str::make_ascii_lowercase, str::to_lowercase)
}

/// `text.casefold()`, of ASCII.
pub fn casefold(a: &[Value], texts: &mut Texts<'_>) -> Value {
    match str_of(a[0]) {
        Some(span) if texts.get(span).is_ascii() => lower(a, texts),
        _ => Value::Unsure,
    }
}

/// `text.upper()`.
pub fn upper(a: &[Value], texts: &mut Texts<'_>) -> Value {
    recase(a[0], texts, u8::is_ascii_lowercase, str::make_ascii_uppercase, str::to_uppercase)
}

/// `text.title()`: a letter is upper case where none stands before it.
pub fn title(a: &[Value], texts: &mut Texts<'_>) -> Value {
    let Some(span) = str_of(a[0]).filter(|&span| texts.get(span).is_ascii()) else {
        return Value::Unsure;
    };
    texts.make(|texts, out| {
        let mut inside = false;
        for c in texts.get(span).chars() {
            out.push(if inside { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() });
            inside = c.is_ascii_alphabetic();
        }
        Some(())
    })
}

/// What `str.isspace` says of one character: Rust's white space, and four separators more.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\x1c'..='\x1f')
}

/// `text.strip()`, and `lstrip` and `rstrip`; with the characters to strip, or None for white space.
pub fn strip(a: &[Value], texts: &Texts<'_>, left: bool, right: bool) -> Value {
    let Some(span) = str_of(a[0]) else {
        return Value::Unsure;
    };
    let whole = texts.get(span);
    let cut = |listed: &dyn Fn(char) -> bool| {
        let text = if left { whole.trim_start_matches(listed) } else { whole };
        part(span, whole, if right { text.trim_end_matches(listed) } else { text })
    };
    match a.get(1) {
        None | Some(Value::None) => cut(&is_space),
        Some(&Value::Str(listed)) => {
            let listed = texts.get(listed);
            cut(&|c| listed.contains(c))
        }
        Some(_) => Value::Unsure,
    }
}

/// `text.removeprefix(part)`.
pub fn removeprefix(a: &[Value], texts: &mut Texts<'_>) -> Value {
    two(a, texts, |text, prefix| Some(part(str_of(a[0])?, text, text.strip_prefix(prefix).unwrap_or(text))))
}

/// `text.removesuffix(part)`.
pub fn removesuffix(a: &[Value], texts: &mut Texts<'_>) -> Value {
    two(a, texts, |text, suffix| Some(part(str_of(a[0])?, text, text.strip_suffix(suffix).unwrap_or(text))))
}

/// `text.replace(old, new)`. The size of the result is known before it is made.
pub fn replace(a: &[Value], texts: &mut Texts<'_>) -> Value {
    let (Some(text), Some(old), Some(new)) = (str_of(a[0]), str_of(a[1]), str_of(a[2])) else {
        return Value::Unsure;
    };
    let found = texts.get(text).matches(texts.get(old)).count();
    if found == 0 {
        return a[0];
    }
    if !texts.fits(text.len().saturating_add(found.saturating_mul(new.len()))) {
        return Value::Unsure;
    }
    texts.make(|texts, out| {
        let (text, new) = (texts.get(text), texts.get(new));
        let mut last = 0;
        for (at, old) in text.match_indices(texts.get(old)) {
            out.push_str(&text[last..at]);
            out.push_str(new);
            last = at + old.len();
        }
        out.push_str(&text[last..]);
        Some(())
    })
}

/// `text.zfill(width)`: zeros after the sign.
pub fn zfill(a: &[Value], texts: &mut Texts<'_>) -> Value {
    let (Some(span), Some(width)) = (str_of(a[0]), int_of(a[1])) else {
        return Value::Unsure;
    };
    let missing = width.saturating_sub(count_chars(texts.get(span)));
    let Some(missing) = usize::try_from(missing).ok().filter(|&missing| missing > 0) else {
        return a[0];
    };
    if !texts.fits(span.len().saturating_add(missing)) {
        return Value::Unsure;
    }
    texts.make(|texts, out| {
        let text = texts.get(span);
        let (sign, digits) = text.split_at(usize::from(text.starts_with(['+', '-'])));
        out.push_str(sign);
        out.extend(std::iter::repeat_n('0', missing));
        out.push_str(digits);
        Some(())
    })
}

/// A position counted from the end where it is negative.
fn position(at: i64, count: usize) -> Option<usize> {
    usize::try_from(if at < 0 { at.saturating_add(count.cast_signed() as i64) } else { at }).ok()
}

/// `text.split(separator)[at]`. Without a separator white space separates, and nothing is empty.
pub fn split_at(a: &[Value], texts: &mut Texts<'_>) -> Value {
    let (Some(span), Some(at)) = (str_of(a[0]), int_of(a[2])) else {
        return Value::Unsure;
    };
    let text = texts.get(span);
    let found = match a[1] {
        Value::None => {
            let parts = || text.split(is_space).filter(|part| !part.is_empty());
            let count = if at < 0 { parts().count() } else { 0 };
            position(at, count).and_then(|at| parts().nth(at))
        }
        Value::Str(separator) if !separator.is_empty() => {
            // Separators are found from the left, as overlapping ones must be, so the end is found by counting.
            let separator = texts.get(separator);
            let count = if at < 0 { text.matches(separator).count() + 1 } else { 0 };
            position(at, count).and_then(|at| text.split(separator).nth(at))
        }
        _ => None,
    };
    found.map_or(Value::Unsure, |found| part(span, text, found))
}

/// `text[at]`.
pub fn index(a: &[Value], texts: &mut Texts<'_>) -> Value {
    let (Some(span), Some(at)) = (str_of(a[0]), int_of(a[1])) else {
        return Value::Unsure;
    };
    let text = texts.get(span);
    let at = if at < 0 { at.saturating_add(count_chars(text)) } else { at };
    let Ok(at) = usize::try_from(at) else {
        return Value::Unsure;
    };
    let begin = offset(text, at);
    match text[begin..].chars().next() {
        Some(c) => part(span, text, &text[begin..begin + c.len_utf8()]),
        None => Value::Unsure,
    }
}

/// `text[start:stop]`.
pub fn slice(a: &[Value], texts: &mut Texts<'_>) -> Value {
    let Some(span) = str_of(a[0]) else {
        return Value::Unsure;
    };
    let text = texts.get(span);
    let bound = |value: Value, missing: usize| match value {
        Value::None => Some(missing),
        value => int_of(value).map(|at| {
            let at = if at < 0 { at.saturating_add(count_chars(text)).max(0) } else { at };
            offset(text, usize::try_from(at).unwrap_or(usize::MAX))
        }),
    };
    match (bound(a[1], 0), bound(a[2], text.len())) {
        (Some(start), Some(stop)) => part(span, text, &text[start..stop.max(start)]),
        _ => Value::Unsure,
    }
}

/// Texts one after another.
pub fn concat(a: &[Value], texts: &mut Texts<'_>) -> Value {
    texts.make(|texts, out| {
        for &value in a {
            out.push_str(texts.get(str_of(value)?));
        }
        Some(())
    })
}
