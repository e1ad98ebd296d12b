//! Dict: objects of any keys. What is equal under two keys is left to Pydantic.

use super::fault::Step;
use super::walk::Walk;
use super::{Dict, Shape};
use crate::json::scan::{space, text as string, unescape, value};
use crate::plan::ErrorCode;

impl<'a> Walk<'a, '_> {
    pub(super) fn dict(&mut self, dict: &'a Dict, text: &[u8], start: usize) -> Option<usize> {
        if text.get(start) != Some(&b'{') {
            return self.wrong(&dict.problems, text, start);
        }
        let before = self.errors();
        let hashes = self.buffers.hashes.len();
        self.buffers.out.piece(text, start, start + 1);
        let mut at = space(text, start + 1);
        let mut count = 0;
        if text.get(at) != Some(&b'}') {
            loop {
                let pair = self.errors();
                at = self.pair(dict, text, at)?;
                count += usize::from(self.errors == pair.0);
                if dict.lengths.fail_fast && self.errors != before.0 {
                    return None;
                }
                if count > dict.lengths.max {
                    if self.repeats(hashes) {
                        return None;
                    }
                    self.forgive(before);
                    let (_, end) = value(text, start)?;
                    return self.refuse(&dict.problems, ErrorCode::TooLong, text, (start, end));
                }
                at = space(text, at);
                match text.get(at)? {
                    b',' => {
                        self.buffers.out.piece(text, at, at + 1);
                        at = space(text, at + 1);
                    }
                    b'}' => break,
                    _ => return None,
                }
            }
        }
        self.buffers.out.piece(text, at, at + 1);
        if self.errors == before.0 {
            if self.repeats(hashes) {
                return None;
            }
            if count < dict.lengths.min {
                self.refuse_with(&dict.problems, ErrorCode::TooShort, &count.to_string(), text, (start, at + 1))?;
            }
        }
        self.buffers.hashes.truncate(hashes);
        Some(at + 1)
    }

    /// Reads the key at `at` and its value. Returns the position after it.
    fn pair(&mut self, dict: &'a Dict, text: &[u8], at: usize) -> Option<usize> {
        if text.get(at) != Some(&b'"') {
            return None;
        }
        let before = self.errors();
        let begin = self.buffers.out.position();
        let end = match self.shapes.all.get(dict.key)? {
            Shape::Leaf(leaf) => self.leaf::<true>(leaf, text, at)?,
            Shape::OneOf(one) => self.one_of::<true>(one, text, at)?,
            Shape::AnyJson => self.any(text, at)?,
            _ => return None,
        };
        self.within(before, || Step::Key("[key]".into()));
        let refused = self.errors != before.0;
        if !refused {
            let hash = hash(self.buffers.out.since(text, begin));
            self.buffers.hashes.push(hash);
        }
        let colon = space(text, end);
        if text.get(colon)? != &b':' {
            return None;
        }
        self.buffers.out.piece(text, colon, colon + 1);
        let after = self.value(dict.value, text, space(text, colon + 1))?;
        if self.errors != before.0 {
            let (quote, _) = string(text, at + 1)?;
            let mut key = Vec::new();
            unescape(&text[at + 1..quote], &mut key)?;
            let key = String::from_utf8(key).ok()?;
            self.within(before, || Step::Key(key.as_str().into()));
        }
        Some(after)
    }

    /// Whether two of the keys since `first` may be the same. Different keys of one hash cost no more than asking.
    fn repeats(&mut self, first: usize) -> bool {
        let hashes = &mut self.buffers.hashes[first..];
        hashes.sort_unstable();
        hashes.windows(2).any(|two| two[0] == two[1])
    }
}

/// A number that is mostly different for different keys.
fn hash(key: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut words = key.chunks_exact(8);
    let mut hash = key.len() as u64;
    for word in &mut words {
        let word = u64::from_le_bytes(word.try_into().unwrap_or_default());
        hash = (hash.rotate_left(23) ^ word).wrapping_mul(FACTOR);
    }
    let rest = words.remainder().iter().fold(0, |rest, &byte| rest << 8 | u64::from(byte));
    let hash = (hash.rotate_left(23) ^ rest).wrapping_mul(FACTOR);
    hash ^ hash >> 29
}
