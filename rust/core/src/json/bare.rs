//! Bare: lines as programs write them, their keys in the usual order and nothing between their tokens.
//!
//! In: a line. Out: its tokens, or nothing: then it is read in the way that takes any line. Each key is compared all at
//! once, with its quotes and colon.

use super::lookups::Lookups;
use super::quick;
use super::scan::{Value, unescape, value_or};
use super::tokens::{Tag, Token};

/// A short text to be compared all at once.
#[derive(Debug)]
pub struct Pattern {
    /// It, and zeros.
    text: [u8; Self::MOST],
    /// A bit for each of its bytes.
    mask: u32,
    /// Its length; nothing stands nowhere.
    pub len: usize,
}

impl Pattern {
    /// The longest.
    const MOST: usize = 32;

    /// None at all where it is longer.
    pub fn new(text: &[u8]) -> Self {
        let text = if text.len() <= Self::MOST { text } else { &[] };
        let mut bytes = [0; Self::MOST];
        bytes[..text.len()].copy_from_slice(text);
        let mask = ((1_u64 << text.len()) - 1) as u32;
        Self { text: bytes, mask, len: text.len() }
    }

    /// Whether `line` goes on with it at `at`.
    #[inline(always)]
    pub fn stands(&self, line: &[u8], at: usize) -> Option<bool> {
        Some(self.mask & !same(line.get(at..)?.first_chunk()?, &self.text) == 0)
    }

    /// As [`Self::stands`].
    ///
    /// # Safety
    /// 32 bytes from `at` on must lie within `line`.
    #[inline(always)]
    pub unsafe fn stands_unchecked(&self, line: &[u8], at: usize) -> bool {
        // SAFETY: by this function's contract.
        self.mask & !same(&unsafe { quick::load(line, at) }, &self.text) == 0
    }

    /// Whether `line` goes on at `at` with a byte and then with all of it but its first byte.
    ///
    /// # Safety
    /// As [`Self::stands_unchecked`].
    #[inline(always)]
    pub unsafe fn ends_unchecked(&self, line: &[u8], at: usize) -> bool {
        // SAFETY: by this function's contract.
        (self.mask & !1) & !same(&unsafe { quick::load(line, at) }, &self.text) == 0
    }
}

/// A bit for each byte that is the same in both.
#[inline(always)]
fn same(one: &[u8; Pattern::MOST], other: &[u8; Pattern::MOST]) -> u32 {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{__m128i, _mm_cmpeq_epi8, _mm_movemask_epi8};
        // SAFETY: any 32 bytes are two vectors, and every x86-64 has SSE2.
        let half = |one: &[u8; 16], other: &[u8; 16]| unsafe {
            let vector = |bytes: &[u8; 16]| std::mem::transmute::<[u8; 16], __m128i>(*bytes);
            _mm_movemask_epi8(_mm_cmpeq_epi8(vector(one), vector(other))).cast_unsigned()
        };
        let ((one, _), (other, _)) = (one.as_chunks(), other.as_chunks());
        half(&one[0], &other[0]) | half(&one[1], &other[1]) << 16
    }
    #[cfg(not(target_arch = "x86_64"))]
    plain_same(one, other)
}

/// The portable twin of [`same`].
#[cfg(any(test, not(target_arch = "x86_64")))]
fn plain_same(one: &[u8; Pattern::MOST], other: &[u8; Pattern::MOST]) -> u32 {
    one.iter().zip(other).enumerate().fold(0, |bits, (at, (one, other))| bits | u32::from(one == other) << at)
}

/// The string, number or literal at `from`, and the position after it. Escapes are undone at the end of `undone`.
#[inline(always)]
pub fn scalar(data: &[u8], from: usize, undone: &mut Vec<u8>) -> Option<(Token, usize)> {
    let (found, to) = value_or(data, from, |_| None)?;
    let token = match found {
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
    Some((token, to))
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
        (*slot, at) = scalar(data, at + 1 + key.pattern.len, undone)?;
        before = b',';
        if *data.get(at)? == b'}' {
            return (at + 1 == end).then_some(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Pattern, plain_same, same};
    use crate::json::parse::parse;
    use crate::json::{Lookups, Tokens};

    #[test]
    fn patterns_stand_where_their_text_is() {
        let text = b"0123456789abcdefghijklmnopqrstuv";
        for len in 1..=Pattern::MOST {
            let pattern = Pattern::new(&text[..len]);
            let mut line = [b'x'; 40];
            line[3..3 + len].copy_from_slice(&text[..len]);
            assert_eq!((pattern.stands(&line, 3), pattern.stands(&line, 2)), (Some(true), Some(false)), "{len}");
            assert_eq!(pattern.stands(&line, 9), None);
            for at in 3..3 + len {
                let mut line = line;
                line[at] ^= 1;
                assert_eq!(pattern.stands(&line, 3), Some(false), "{len} {at}");
                let window = line[3..].first_chunk().expect("enough bytes");
                assert_eq!(same(window, text), plain_same(window, text));
            }
        }
        assert_eq!(Pattern::new(&[b'x'; 33]).len, 0);
    }

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
                    for (tokens, detour) in [(&mut bare, 0), (&mut other, 2)] {
                        let mut undone = Vec::new();
                        tokens.begin(1, &lookups, true);
                        tokens.detour = detour;
                        let read = parse(data.as_bytes(), (0, line.len()), 0, &lookups, tokens, &mut undone);
                        found.push((read, read.then(|| (tokens.all.clone(), undone))));
                    }
                    assert_eq!(found[0], found[1], "{line}");
                    quick += usize::from(bare.detour == 0);
                    assert_eq!(other.detour, 1);
                }
            }
        }
        assert!(quick > 100);
    }
}
