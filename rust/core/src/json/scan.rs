//! Scan: the pieces of JSON text, as jiter takes them. In: a line and a position. Out: where the piece ends.
//!
//! Whatever is accepted here jiter accepts, and reads the same way. None is returned for everything else, which may be
//! JSON still: then nobody guesses.

use memchr::memchr;

use crate::encode::json::specials;

/// Deeper values are not followed; jiter gives up at twice that.
const DEEPEST: u32 = 100;

/// More digits than that may be past 64 bits.
const DIGITS: usize = 18;

/// Longer numbers may be past what jiter reads.
const LONGEST: usize = 1000;

/// What stands in a line at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// A string: its text, without quotes, ends before this position. The flag: there are escapes in it.
    Text(usize, bool),
    /// An integer of at most 18 digits, as it would be written again.
    Int,
    /// A zero with a minus, which is written without.
    MinusZero,
    /// A number with a fraction or an exponent.
    Float,
    /// `true`.
    True,
    /// `false`.
    False,
    /// `null`.
    Null,
    /// An array or object.
    Nested,
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Eight bytes at `at`, the first lowest.
#[inline(always)]
pub fn eight(line: &[u8], at: usize) -> Option<u64> {
    line.get(at..)?.first_chunk().copied().map(u64::from_le_bytes)
}

/// The first position at or after `at` that is no white space.
#[inline(always)]
pub fn space(line: &[u8], at: usize) -> usize {
    // Mostly there is none.
    if line.get(at).is_some_and(|byte| *byte > b' ') { at } else { spaces(line, at) }
}

fn spaces(line: &[u8], mut at: usize) -> usize {
    while matches!(line.get(at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
        at += 1;
    }
    at
}

/// The end of the text of a string that begins at `at`, after its quote: the position of its other quote, and whether
/// there are escapes in it, which are not looked at.
#[inline(always)]
pub fn text(line: &[u8], mut at: usize) -> Option<(usize, bool)> {
    let mut escaped = false;
    loop {
        at = special(line, at)?;
        match line[at] {
            b'"' => return Some((at, escaped)),
            b'\\' => {
                escaped = true;
                at += 2;
            }
            _ => return None,
        }
    }
}

/// The first quote, backslash or control character at or after `at`.
#[inline(always)]
fn special(line: &[u8], at: usize) -> Option<usize> {
    #[cfg(target_arch = "x86_64")]
    let at = match sixteens(line, at) {
        Ok(found) => return Some(found),
        Err(at) => at,
    };
    eights(line, at)
}

/// Where it is found, or from where on there are fewer than 16 bytes.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn sixteens(line: &[u8], mut at: usize) -> Result<usize, usize> {
    while let Some(bytes) = line.get(at..).and_then(<[u8]>::first_chunk::<16>) {
        let found = specials(bytes);
        if found != 0 {
            return Ok(at + found.trailing_zeros() as usize);
        }
        at += 16;
    }
    Err(at)
}

/// The portable twin.
#[inline(always)]
fn eights(line: &[u8], mut at: usize) -> Option<usize> {
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    while let Some(word) = eight(line, at) {
        let quote = zero(word ^ (ONES * 0x22));
        let backslash = zero(word ^ (ONES * 0x5c));
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        // A borrow only makes bits above the first one wrong.
        let found = (quote | backslash | control) & HIGH;
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let rest = line.get(at..)?;
    rest.iter().position(|&byte| matches!(byte, b'"' | b'\\' | 0..0x20)).map(|found| at + found)
}

/// The value that begins at `at`, and the position after it.
#[inline(always)]
pub fn value(line: &[u8], at: usize) -> Option<(Value, usize)> {
    value_or(line, at, |at| nested(line, at, 0))
}

/// As [`value`]; `inner` finds the end of an array or object.
#[inline(always)]
pub fn value_or(line: &[u8], at: usize, inner: impl FnOnce(usize) -> Option<usize>) -> Option<(Value, usize)> {
    match *line.get(at)? {
        b'"' => {
            let (end, escaped) = text(line, at + 1)?;
            Some((Value::Text(end, escaped), end + 1))
        }
        b'-' | b'0'..=b'9' => number(line, at),
        b't' => line[at..].starts_with(b"true").then_some((Value::True, at + 4)),
        b'f' => line[at..].starts_with(b"false").then_some((Value::False, at + 5)),
        b'n' => line[at..].starts_with(b"null").then_some((Value::Null, at + 4)),
        b'{' | b'[' => inner(at).map(|end| (Value::Nested, end)),
        _ => None,
    }
}

/// The position after the value that begins at `at`, whatever it is.
pub fn skip(line: &[u8], at: usize) -> Option<usize> {
    let (found, end) = value(line, at)?;
    if let Value::Text(quote, true) = found {
        unescape(&line[at + 1..quote], &mut Vec::new())?;
    }
    Some(end)
}

#[inline(always)]
fn number(line: &[u8], start: usize) -> Option<(Value, usize)> {
    let negative = line[start] == b'-';
    let first = start + usize::from(negative);
    let mut at = digits(line, first)?;
    if line[first] == b'0' && at > first + 1 {
        return None;
    }
    let whole = at - first;
    let mut float = false;
    if line.get(at) == Some(&b'.') {
        float = true;
        at = digits(line, at + 1)?;
    }
    if matches!(line.get(at), Some(b'e' | b'E')) {
        float = true;
        at += 1 + usize::from(matches!(line.get(at + 1), Some(b'+' | b'-')));
        at = digits(line, at)?;
    }
    let value = match (float, negative && line[first] == b'0') {
        (true, _) if at - start > LONGEST => return None,
        (true, _) => Value::Float,
        (false, true) => Value::MinusZero,
        (false, false) if whole > DIGITS => return None,
        (false, false) => Value::Int,
    };
    Some((value, at))
}

/// How many of eight bytes are digits, before the first that is none.
#[inline(always)]
pub fn leading_digits(word: u64) -> usize {
    let digits = word ^ (ONES * 0x30);
    // What is above nine gets its highest bit; a carry only makes bytes above the first one wrong.
    let other = (digits.wrapping_add(ONES * 0x76) | digits) & HIGH;
    other.trailing_zeros() as usize / 8
}

/// The position after the digits at `at`, of which there is at least one.
#[inline(always)]
fn digits(line: &[u8], at: usize) -> Option<usize> {
    let mut end = at;
    while let Some(word) = eight(line, end) {
        let count = leading_digits(word);
        end += count;
        if count < 8 {
            return (end > at).then_some(end);
        }
    }
    while line.get(end).is_some_and(u8::is_ascii_digit) {
        end += 1;
    }
    (end > at).then_some(end)
}

/// The position after the array or object that begins at `at`.
pub(super) fn nested(line: &[u8], at: usize, depth: u32) -> Option<usize> {
    let object = line[at] == b'{';
    let close = if object { b'}' } else { b']' };
    let mut at = space(line, at + 1);
    if line.get(at) == Some(&close) {
        return Some(at + 1);
    }
    loop {
        if object {
            at = key(line, at)?;
        }
        at = match line.get(at)? {
            b'{' | b'[' if depth == DEEPEST => return None,
            b'{' | b'[' => nested(line, at, depth + 1)?,
            _ => match value(line, at)? {
                (Value::Text(end, true), _) => unescape(&line[at + 1..end], &mut Vec::new()).map(|()| end + 1)?,
                (_, end) => end,
            },
        };
        at = space(line, at);
        match line.get(at)? {
            b',' => at = space(line, at + 1),
            byte if *byte == close => return Some(at + 1),
            _ => return None,
        }
    }
}

/// The position of the value whose key begins at `at`.
fn key(line: &[u8], at: usize) -> Option<usize> {
    if line.get(at) != Some(&b'"') {
        return None;
    }
    let (end, escaped) = text(line, at + 1)?;
    if escaped {
        unescape(&line[at + 1..end], &mut Vec::new())?;
    }
    let at = space(line, end + 1);
    (line.get(at) == Some(&b':')).then(|| space(line, at + 1))
}

/// Appends a text with its escapes undone. None where one of them is none, or is half of a character.
pub fn unescape(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut rest = text;
    while let Some(at) = memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        let escape = *rest.get(at + 1)?;
        rest = &rest[at + 2..];
        out.push(match escape {
            b'"' | b'\\' | b'/' => escape,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let mut unit = hex(rest)?;
                rest = &rest[4..];
                if (0xd800..0xdc00).contains(&unit) {
                    let low = hex(rest.strip_prefix(b"\\u")?)?;
                    let low = low.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
                    unit = 0x1_0000 + ((unit - 0xd800) << 10) + low;
                    rest = &rest[6..];
                }
                let character = char::from_u32(unit)?;
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
            _ => return None,
        });
    }
    out.extend_from_slice(rest);
    Some(())
}

fn hex(text: &[u8]) -> Option<u32> {
    let digit = |&byte: &u8| char::from(byte).to_digit(16);
    text.first_chunk::<4>()?.iter().try_fold(0, |value, byte| Some(value << 4 | digit(byte)?))
}

#[cfg(test)]
mod tests {
    use super::{Value, digits, eights, special, unescape, value};

    #[test]
    fn values_and_their_ends() {
        for (text, expected) in [
            ("\"ab\"", Some(Value::Text(3, false))),
            (r#""a\"b""#, Some(Value::Text(5, true))),
            ("\"", None),
            ("\"a\tb\"", None),
            ("0", Some(Value::Int)),
            ("-0", Some(Value::MinusZero)),
            ("-12", Some(Value::Int)),
            ("01", None),
            ("-", None),
            ("+1", None),
            ("1.", None),
            (".5", None),
            ("1e", None),
            ("1e+", None),
            ("1E5", Some(Value::Float)),
            ("1.5e-3", Some(Value::Float)),
            ("0.0", Some(Value::Float)),
            ("123456789012345678", Some(Value::Int)),
            ("1234567890123456789", None),
            ("true", Some(Value::True)),
            ("tru", None),
            ("NaN", None),
            ("Infinity", None),
            ("{}", Some(Value::Nested)),
            ("[ 1 , {\"a\" : [ ] } , \"x\" ]", Some(Value::Nested)),
            ("[1,]", None),
            ("[1", None),
            ("{\"a\"}", None),
            ("{\"a\":1,}", None),
            ("{a:1}", None),
            (r#"["\x"]"#, None),
        ] {
            let found = value(text.as_bytes(), 0);
            assert_eq!(found.map(|(value, _)| value), expected, "{text}");
            if let Some((_, end)) = found {
                assert_eq!(end, text.len(), "{text}");
            }
        }
        assert_eq!(value(b"truex", 0), Some((Value::True, 4)));
        let deep = "[".repeat(150) + &"]".repeat(150);
        assert_eq!(value(deep.as_bytes(), 0), None);
    }

    #[test]
    fn digits_of_every_number() {
        for byte in 0..=255_u8 {
            for at in 0..20 {
                let mut line = [b'7'; 20];
                line[at] = byte;
                let expected = if byte.is_ascii_digit() { 20 } else { at };
                assert_eq!(digits(&line, 0), (expected > 0).then_some(expected), "{byte} at {at}");
            }
        }
    }

    #[test]
    fn special_bytes_at_every_place() {
        for byte in 0..=255_u8 {
            for at in 0..40 {
                let mut line = [b'x'; 40];
                line[at] = byte;
                let expected = matches!(byte, b'"' | b'\\' | 0..0x20).then_some(at);
                assert_eq!((special(&line, 0), eights(&line, 0)), (expected, expected), "{byte} at {at}");
            }
        }
    }

    #[test]
    fn escapes() {
        for (text, expected) in [
            (r"a\n\u0041\/\\", Some("a\nA/\\")),
            (r"\ud83d\ude00", Some("😀")),
            (r"\ud83d", None),
            (r"\ude00", None),
            (r"\ud83d\u0041", None),
            (r"\u00e", None),
            (r"\u+0e9", None),
            (r"\x", None),
        ] {
            let mut out = Vec::new();
            let undone = unescape(text.as_bytes(), &mut out).map(|()| String::from_utf8(out).expect("UTF-8"));
            assert_eq!(undone.as_deref(), expected, "{text}");
        }
    }
}
