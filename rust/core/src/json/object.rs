//! Object: a line of JSON as pydantic-core writes it again, the input of the error `missing`.
//!
//! In: a line. Out: the same value without white space, keys that repeat taken once, numbers and strings as they are
//! written. None where that is not known exactly.

use std::collections::HashMap;

use super::scan::{Value, space, unescape, value};
use crate::encode::{float, json};
use crate::plan::Dialect;

/// Deeper values are left to Pydantic.
const DEEPEST: u32 = 100;

/// Appends a line of JSON as it is written again.
pub fn compact(line: &[u8], dialect: Dialect, out: &mut Vec<u8>) -> Option<()> {
    let end = deeper(line, space(line, 0), dialect, 0, out)?;
    (space(line, end) == line.len()).then_some(())
}

/// Appends the value at `at` as it is written again; returns the position after it.
pub fn write(line: &[u8], at: usize, out: &mut Vec<u8>) -> Option<usize> {
    deeper(line, at, Dialect::Pydantic, 0, out)
}

fn deeper(line: &[u8], at: usize, dialect: Dialect, depth: u32, out: &mut Vec<u8>) -> Option<usize> {
    let (found, end) = value(line, at)?;
    match found {
        Value::Text(quote, _) => string(&line[at + 1..quote], out)?,
        Value::MinusZero if dialect == Dialect::Pydantic => out.push(b'0'),
        Value::Float => number(&line[at..end], dialect, out)?,
        Value::MinusZero | Value::Int | Value::True | Value::False | Value::Null => {
            out.extend_from_slice(&line[at..end]);
        }
        Value::Nested if depth == DEEPEST => return None,
        Value::Nested if line[at] == b'{' => members(line, at + 1, dialect, depth + 1, out)?,
        Value::Nested => elements(line, at + 1, dialect, depth + 1, out)?,
    }
    Some(end)
}

fn string(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut undone = Vec::new();
    unescape(text, &mut undone)?;
    json::string(&undone, out);
    Some(())
}

/// Appends a number with a fraction or an exponent, where it is finite. As Pydantic writes it again, or as it stands.
pub fn number(text: &[u8], dialect: Dialect, out: &mut Vec<u8>) -> Option<()> {
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    value.is_finite().then(|| match dialect {
        Dialect::Pydantic => float::write(value, float::Style::Json, out),
        Dialect::Msgspec => out.extend_from_slice(text),
    })
}

fn elements(line: &[u8], at: usize, dialect: Dialect, depth: u32, out: &mut Vec<u8>) -> Option<()> {
    out.push(b'[');
    let mut at = space(line, at);
    let mut first = true;
    while line.get(at)? != &b']' {
        if !first {
            out.push(b',');
            at = space(line, at + 1);
        }
        first = false;
        at = space(line, deeper(line, at, dialect, depth, out)?);
    }
    out.push(b']');
    Some(())
}

/// Of keys that repeat the first place and the last value count.
fn members(line: &[u8], at: usize, dialect: Dialect, depth: u32, out: &mut Vec<u8>) -> Option<()> {
    let mut found: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    let mut places = HashMap::new();
    let mut at = space(line, at);
    while line.get(at)? != &b'}' {
        if !found.is_empty() {
            at = space(line, at + 1);
        }
        let (Value::Text(quote, _), end) = value(line, at)? else { return None };
        let (mut key, mut written) = (Vec::new(), Vec::new());
        string(&line[at + 1..quote], &mut key)?;
        at = space(line, end);
        at = space(line, deeper(line, space(line, at + 1), dialect, depth, &mut written)?);
        let place = *places.entry(key.clone()).or_insert(found.len());
        match found.get_mut(place) {
            Some(member) => member.1 = written,
            None => found.push((key, written)),
        }
    }
    out.push(b'{');
    for (place, (key, written)) in found.iter().enumerate() {
        out.extend_from_slice(if place > 0 { b"," } else { b"" });
        out.extend_from_slice(key);
        out.push(b':');
        out.extend_from_slice(written);
    }
    out.push(b'}');
    Some(())
}

#[cfg(test)]
mod tests {
    use super::compact;
    use crate::plan::Dialect;

    #[test]
    fn lines_as_they_are_written_again() {
        for (line, expected) in [
            (" { } ", Some("{}")),
            (r#"{"a" : 1, "b":[ 1 , 2.50,-0, 1E5 ], "a":"\u0041\t" }"#, Some(r#"{"a":"A\t","b":[1,2.5,0,100000.0]}"#)),
            (r#"{"a":{"b":null,"c":[true,false,[]],"b":1e16}}"#, Some(r#"{"a":{"b":1e+16,"c":[true,false,[]]}}"#)),
            (r#"{"a":1e400}"#, None),
            (r#"{"a":NaN}"#, None),
            (r#"{"a":1} x"#, None),
            (r#"{"a":1"#, None),
        ] {
            let mut out = Vec::new();
            let written =
                compact(line.as_bytes(), Dialect::Pydantic, &mut out).map(|()| String::from_utf8(out).expect("UTF-8"));
            assert_eq!(written.as_deref(), expected, "{line}");
        }
    }
}
