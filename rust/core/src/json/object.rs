//! Object: a line of JSON as pydantic-core writes it again, the input of the error `missing`.
//!
//! In: a line. Out: the same value without white space, keys that repeat taken once, numbers and strings as they are
//! written. None where that is not known exactly.

use std::collections::{HashMap, HashSet};

use super::scan::{Value, space, text, unescape, value_or};
use crate::encode::{float, json};
use crate::plan::Dialect;

/// Deeper values are left to Pydantic.
const DEEPEST: u32 = 100;

/// The keys of an object are compared one by one, up to so many.
const FEW: usize = 16;

/// Appends a line of JSON as it is written again. What is appended where that is not known is of no use.
pub fn compact(line: &[u8], dialect: Dialect, out: &mut Vec<u8>) -> Option<()> {
    let end = Again { line, dialect, out, keys: Vec::new(), undone: Vec::new() }.value(space(line, 0), 0)?;
    (space(line, end) == line.len()).then_some(())
}

/// Appends the value at `at` as it is written again; returns the position after it.
pub fn write(line: &[u8], at: usize, out: &mut Vec<u8>) -> Option<usize> {
    Again { line, dialect: Dialect::Pydantic, out, keys: Vec::new(), undone: Vec::new() }.value(at, 0)
}

/// Appends a number with a fraction or an exponent, where it is finite. As Pydantic writes it again, or as it stands.
pub fn number(text: &[u8], dialect: Dialect, out: &mut Vec<u8>) -> Option<()> {
    if is_shortest(text) {
        out.extend_from_slice(text);
        return Some(());
    }
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    value.is_finite().then(|| match dialect {
        Dialect::Pydantic => float::write(value, float::Style::Json, out),
        Dialect::Msgspec => out.extend_from_slice(text),
    })
}

/// Whether a number with a fraction or an exponent is certainly written again as it stands. Of the numbers of 15 digits no
/// two are the same double, so none of them is written with fewer digits; what is below a thousandth may have an exponent.
pub fn is_shortest(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let Some(point) = digits.iter().take(16).position(|&byte| byte == b'.') else { return false };
    let fraction = &digits[point + 1..];
    digits.len() <= 16
        && fraction.iter().all(u8::is_ascii_digit)
        && (fraction.len() == 1 || fraction.last() != Some(&b'0'))
        && !(digits[0] == b'0' && fraction.starts_with(b"000"))
}

/// Where the key of a member stands in what was written, with its quotes. Its value goes on after the colon.
type Key = (usize, usize);

/// Writes a line again.
struct Again<'a> {
    line: &'a [u8],
    dialect: Dialect,
    out: &'a mut Vec<u8>,
    /// The keys so far of every object around.
    keys: Vec<Key>,
    /// A string whose escapes are undone.
    undone: Vec<u8>,
}

impl Again<'_> {
    fn value(&mut self, at: usize, depth: u32) -> Option<usize> {
        let line = self.line;
        let (found, end) = value_or(line, at, Some)?;
        match found {
            Value::Text(quote, escaped) => self.string(at, quote, escaped)?,
            Value::MinusZero if self.dialect == Dialect::Pydantic => self.out.push(b'0'),
            Value::Float => number(&line[at..end], self.dialect, self.out)?,
            Value::MinusZero | Value::Int | Value::True | Value::False | Value::Null => {
                self.out.extend_from_slice(&line[at..end]);
            }
            Value::Nested if depth == DEEPEST => return None,
            Value::Nested if line[at] == b'{' => return self.members(at + 1, depth + 1),
            Value::Nested => return self.elements(at + 1, depth + 1),
        }
        Some(end)
    }

    /// The string between the quotes at `at` and `quote`.
    fn string(&mut self, at: usize, quote: usize, escaped: bool) -> Option<()> {
        if escaped {
            self.undone.clear();
            unescape(&self.line[at + 1..quote], &mut self.undone)?;
            json::string(&self.undone, self.out);
        } else {
            self.out.extend_from_slice(&self.line[at..=quote]);
        }
        Some(())
    }

    fn elements(&mut self, at: usize, depth: u32) -> Option<usize> {
        let line = self.line;
        self.out.push(b'[');
        let mut at = space(line, at);
        if line.get(at)? != &b']' {
            loop {
                at = space(line, self.value(at, depth)?);
                match line.get(at)? {
                    b',' => self.out.push(b','),
                    b']' => break,
                    _ => return None,
                }
                at = space(line, at + 1);
            }
        }
        self.out.push(b']');
        Some(at + 1)
    }

    fn members(&mut self, at: usize, depth: u32) -> Option<usize> {
        let line = self.line;
        let (begin, first) = (self.out.len(), self.keys.len());
        self.out.push(b'{');
        let mut at = space(line, at);
        if line.get(at)? != &b'}' {
            loop {
                at = space(line, self.member(at, depth)?);
                match line.get(at)? {
                    b',' => self.out.push(b','),
                    b'}' => break,
                    _ => return None,
                }
                at = space(line, at + 1);
            }
        }
        if repeats(&self.keys[first..], self.out) {
            let once = once(&self.keys[first..], self.out);
            self.out.truncate(begin);
            self.out.extend_from_slice(&once);
        }
        self.keys.truncate(first);
        self.out.push(b'}');
        Some(at + 1)
    }

    /// Appends a key and its value; returns the position after them.
    fn member(&mut self, at: usize, depth: u32) -> Option<usize> {
        let line = self.line;
        if line.get(at)? != &b'"' {
            return None;
        }
        let (quote, escaped) = text(line, at + 1)?;
        let begin = self.out.len();
        self.string(at, quote, escaped)?;
        self.keys.push((begin, self.out.len()));
        let at = space(line, quote + 1);
        if line.get(at)? != &b':' {
            return None;
        }
        self.out.push(b':');
        self.value(space(line, at + 1), depth)
    }
}

/// Whether a key of an object comes again.
fn repeats(keys: &[Key], out: &[u8]) -> bool {
    let text = |&(from, to): &Key| &out[from..to];
    if keys.len() <= FEW {
        return keys.iter().enumerate().any(|(at, key)| keys[..at].iter().any(|other| text(other) == text(key)));
    }
    let mut seen = HashSet::with_capacity(keys.len());
    !keys.iter().all(|key| seen.insert(text(key)))
}

/// The members of an object that was just written, each key once: its first place and its last value count.
fn once(keys: &[Key], out: &[u8]) -> Vec<u8> {
    let mut found: Vec<(&[u8], &[u8])> = Vec::new();
    let mut places = HashMap::new();
    for (at, &(from, to)) in keys.iter().enumerate() {
        // A comma stands before the next key.
        let end = keys.get(at + 1).map_or(out.len(), |next| next.0 - 1);
        let (key, value) = (&out[from..to], &out[to..end]);
        let place = *places.entry(key).or_insert(found.len());
        match found.get_mut(place) {
            Some(member) => member.1 = value,
            None => found.push((key, value)),
        }
    }
    let mut written = vec![b'{'];
    for (at, (key, value)) in found.iter().enumerate() {
        written.extend_from_slice(if at > 0 { b"," } else { b"" });
        written.extend_from_slice(key);
        written.extend_from_slice(value);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::{FEW, compact, is_shortest, number};
    use crate::encode::float;
    use crate::plan::Dialect;

    fn again(line: &str, dialect: Dialect) -> Option<String> {
        let mut out = Vec::new();
        compact(line.as_bytes(), dialect, &mut out)?;
        Some(String::from_utf8(out).expect("UTF-8"))
    }

    #[test]
    fn lines_as_they_are_written_again() {
        for (line, expected) in [
            (" { } ", Some("{}")),
            (r#"{"a" : 1, "b":[ 1 , 2.50,-0, 1E5 ], "a":"\u0041\t" }"#, Some(r#"{"a":"A\t","b":[1,2.5,0,100000.0]}"#)),
            (r#"{"a":{"b":null,"c":[true,false,[]],"b":1e16}}"#, Some(r#"{"a":{"b":1e+16,"c":[true,false,[]]}}"#)),
            (r#"{"\u0061":{"b":1,"b":2},"b":{},"a":{"c":[{}]} }"#, Some(r#"{"a":{"c":[{}]},"b":{}}"#)),
            (r#"{"a":{"b":1},"b":{"b":2,"a":3,"b":4}}"#, Some(r#"{"a":{"b":1},"b":{"b":4,"a":3}}"#)),
            (r#"{"a":1e400}"#, None),
            (r#"{"a":NaN}"#, None),
            (r#"{"a":1} x"#, None),
            (r#"{"a":1"#, None),
            (r#"{"a":1]"#, None),
            (r#"{"a":[1}"#, None),
            (r#"{"a":[1"#, None),
            (r#"{"a" 1}"#, None),
            (r#"{"a""#, None),
            (r#"{"a":"\ud800"}"#, None),
            (r#"{"\ud800":1}"#, None),
            ("{a:1}", None),
            ("{", None),
            ("[", None),
            ("{\"a\":1,}", None),
            ("[1,]", None),
            ("{1:1}", None),
        ] {
            assert_eq!(again(line, Dialect::Pydantic).as_deref(), expected, "{line}");
        }
        assert_eq!(again("[-0, 2.50, 1e5]", Dialect::Msgspec).as_deref(), Some("[-0,2.50,1e5]"));
    }

    #[test]
    fn depth_has_an_end() {
        for (depth, known) in [(100, true), (101, false)] {
            let line = "[".repeat(depth) + &"]".repeat(depth);
            assert_eq!(again(&line, Dialect::Pydantic).is_some(), known, "{depth}");
        }
    }

    #[test]
    fn of_keys_that_repeat_the_first_place_and_the_last_value() {
        for count in [1, 2, FEW - 1, FEW, FEW + 1, 40] {
            let key = |at: usize| format!("\"key{}\":{at}", at % count);
            let keys: Vec<_> = (0..count).map(key).collect();
            let line = format!("{{{}}}", keys.join(","));
            assert_eq!(again(&line, Dialect::Pydantic), Some(line));
            let twice: Vec<_> = (0..2 * count).map(key).collect();
            let last: Vec<_> = (0..count).map(|at| format!("\"key{at}\":{}", at + count)).collect();
            let expected = format!("{{{}}}", last.join(","));
            assert_eq!(again(&format!("{{{}}}", twice.join(" , ")), Dialect::Pydantic), Some(expected));
        }
    }

    #[test]
    fn what_is_taken_for_shortest_is_what_is_written() {
        let mut state = 1_u64;
        let mut taken = 0;
        for round in 0..200_000 {
            // Xorshift: any sequence will do.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let whole = state >> (14 + round % 50);
            let digits = format!("{:0width$}", state % 10_u64.pow(1 + round % 17), width = 1 + round as usize % 17);
            let text = format!("{}{whole}.{digits}", if state.is_multiple_of(2) { "-" } else { "" });
            let mut slow = Vec::new();
            float::write(text.parse().expect("a number"), float::Style::Json, &mut slow);
            if is_shortest(text.as_bytes()) {
                assert_eq!(text.as_bytes(), slow);
                taken += 1;
            }
            let mut out = Vec::new();
            assert_eq!(number(text.as_bytes(), Dialect::Pydantic, &mut out), Some(()));
            assert_eq!(out, slow);
        }
        assert!(taken > 20_000);
        for text in ["0.0", "-0.0", "1.0", "-258.45", "0.001", "0.0015", "123456789012345.5", "99999999999999.9"] {
            assert_eq!(is_shortest(text.as_bytes()), text.len() < 17, "{text}");
        }
        for text in ["1e5", "1.5e3", "1.50", "1.00", "0.0001", "0.000", "1.5E-9", "1234567890123456.5"] {
            assert!(!is_shortest(text.as_bytes()), "{text}");
        }
    }
}
