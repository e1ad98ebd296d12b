//! Bare: lines as programs write them, their keys in the usual order and nothing between their tokens.
//!
//! In: a line. Out: its tokens, or nothing: then it is read in the way that takes any line. Each key is compared all at
//! once, with its quotes and colon.

use super::parse::{Lookups, Tag, Token};
use super::scan::{Value, unescape, value_or};

/// A short text to be compared all at once.
#[derive(Debug)]
pub struct Pattern {
    text: [u128; 2],
    mask: [u128; 2],
    /// Its length; nothing stands nowhere.
    pub len: usize,
}

impl Pattern {
    /// The longest.
    const MOST: usize = 32;

    /// None at all where it is longer.
    pub fn new(text: &[u8]) -> Self {
        let text = if text.len() <= Self::MOST { text } else { &[] };
        let (mut bytes, mut mask) = ([0; Self::MOST], [0; Self::MOST]);
        bytes[..text.len()].copy_from_slice(text);
        mask[..text.len()].fill(0xff);
        let words = |bytes: [u8; Self::MOST]| {
            let word = |at: usize| bytes[at..].first_chunk().copied().map_or(0, u128::from_le_bytes);
            [word(0), word(16)]
        };
        Self { text: words(bytes), mask: words(mask), len: text.len() }
    }

    /// Whether `line` goes on with it at `at`.
    #[inline(always)]
    pub fn stands(&self, line: &[u8], at: usize) -> Option<bool> {
        let word = |at: usize| line.get(at..)?.first_chunk().copied().map(u128::from_le_bytes);
        let first = (word(at)? ^ self.text[0]) & self.mask[0] == 0;
        Some(first && (self.len <= 16 || (word(at + 16)? ^ self.text[1]) & self.mask[1] == 0))
    }
}

/// Reads a line that has keys in the order in which they are looked up, some of which may be absent, and nothing between
/// its tokens. None: it has to be read in the other way.
#[inline(always)]
pub fn bare(
    data: &[u8],
    (start, end): (usize, usize),
    lookups: &Lookups,
    slots: &mut [Token],
    undone: &mut Vec<u8>,
) -> Option<()> {
    let mut at = start;
    let mut before = b'{';
    let mut keys = lookups.keys.iter().zip(slots);
    loop {
        if *data.get(at)? != before {
            return None;
        }
        let (key, slot) = loop {
            let (key, slot) = keys.next()?;
            if key.pattern.stands(data, at + 1)? {
                break (key, slot);
            }
        };
        let from = at + 1 + key.pattern.len;
        let (found, to) = value_or(data, from, |_| None)?;
        *slot = match found {
            Value::Text(end, false) => Token::new(Tag::Text, from + 1, end),
            Value::Text(end, true) => {
                let begin = undone.len();
                unescape(&data[from + 1..end], undone)?;
                Token::new(Tag::Escaped, begin, undone.len())
            }
            Value::Int => Token::new(Tag::Int, from, to),
            Value::Float => Token::new(Tag::Float, from, to),
            Value::True => Token::new(Tag::True, from, to),
            Value::False => Token::new(Tag::False, from, to),
            Value::Null => Token::new(Tag::Null, from, to),
            Value::MinusZero | Value::Nested => return None,
        };
        at = to;
        before = b',';
        if *data.get(at)? == b'}' {
            return (at + 1 == end).then_some(());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::json::parse::{Lookups, Tokens, parse};

    #[test]
    fn both_ways_of_reading_find_the_same() {
        let lookups = Lookups::new(&["a".into(), "long name of a key".into(), "n".into()], &[]);
        let values =
            ["1", "-2.5e3", "\"x\"", "\"\\u00e9\\n\"", "true", "false", "null", "-0", "[1]", "\"", "01", "\"\\q\"", ""];
        let (mut bare, mut other) = (Tokens::default(), Tokens::default());
        let mut quick = 0;
        for first in values {
            for second in values {
                for line in [
                    format!("{{\"a\":{first},\"long name of a key\":{second}}}"),
                    format!("{{\"long name of a key\":{first},\"n\":{second}}}"),
                    format!("{{\"n\":{first},\"a\":{second}}}"),
                    format!("{{\"a\":{first},\"a\":{second}}}"),
                    format!("{{\"a\": {first},\"x\":{second}}}"),
                    format!("{{\"a\":{first},\"n\":{second},}}"),
                    format!("{{\"a\":{first}}}{second}"),
                    first.to_owned(),
                ] {
                    let data = format!("{line}\n                                ");
                    let mut found = Vec::new();
                    for (tokens, detour) in [(&mut bare, 0), (&mut other, 1)] {
                        let mut undone = Vec::new();
                        tokens.begin(1, &lookups, true);
                        tokens.detour = detour;
                        let read = parse(data.as_bytes(), (0, line.len()), 0, &lookups, tokens, &mut undone);
                        found.push((read, read.then(|| (tokens.all.clone(), undone))));
                    }
                    assert_eq!(found[0], found[1], "{line}");
                    quick += usize::from(bare.is_bare(0));
                    assert!(!other.is_bare(0));
                }
            }
        }
        assert!(quick > 100);
    }
}
