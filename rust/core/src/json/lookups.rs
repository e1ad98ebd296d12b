//! Lookups: the keys whose values a plan asks for, and how each value is taken.

use super::bare::Pattern;

/// The keys that are looked up.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a rule of its own")]
pub struct Lookups {
    pub(super) keys: Vec<Key>,
    /// Whether all of them are short and have scalars.
    pub(super) short: bool,
    /// Whether a line in which one of them repeats is not understood.
    pub(super) once: bool,
    /// Whether a line with another key is not understood.
    pub(super) known_only: bool,
    /// Whether somebody asks for the other keys.
    pub(super) extras: bool,
}

#[derive(Debug)]
pub(super) struct Key {
    name: Box<[u8]>,
    /// `"name":`, as it mostly stands in a line; empty where a quote may stand there in more than one way.
    quoted: Box<[u8]>,
    /// The same, where it is short.
    pub pattern: Pattern,
    pub(super) take: Take,
}

/// How the values of a key are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Take {
    /// As scalars.
    Scalar,
    /// As they stand.
    Whole,
    /// As they stand, and arrays and objects by their brackets alone: somebody reads what is inside of them.
    Unread,
}

impl Lookups {
    /// Keys, and how their values are taken; [`Take::Scalar`] where that is not said.
    #[must_use]
    pub fn new(names: &[String], takes: &[Take]) -> Self {
        let key = |(at, name): (usize, &String)| {
            let plain = !name.bytes().any(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
            let quoted = if plain { format!("\"{name}\":") } else { String::new() };
            let take = takes.get(at).copied().unwrap_or(Take::Scalar);
            let pattern = Pattern::new(quoted.as_bytes());
            Key { name: name.as_bytes().into(), quoted: quoted.into_bytes().into(), pattern, take }
        };
        let keys: Vec<_> = names.iter().enumerate().map(key).collect();
        let short = keys.iter().all(|key| key.pattern.len > 0 && key.take == Take::Scalar);
        Self { keys, short, once: false, known_only: false, extras: false }
    }

    /// The same keys. `once`: where one of them repeats the line is not understood; `known_only`: where there is
    /// another.
    #[must_use]
    pub fn strictly(self, once: bool, known_only: bool) -> Self {
        Self { once, known_only, ..self }
    }

    /// Whether somebody asks for the other keys.
    #[must_use]
    pub fn with_extras(mut self, extras: bool) -> Self {
        self.extras = extras;
        self
    }

    /// The length of key `guess` with its quotes and colon, if that is what `text` begins with.
    #[inline(always)]
    pub fn matches(&self, guess: usize, text: &[u8]) -> Option<usize> {
        let quoted = &*self.keys.get(guess)?.quoted;
        let len = quoted.len();
        let same = match len {
            // Two overlapping halves cost less than a call.
            8..=16 => {
                let eight = |of: &[u8], at: usize| of.get(at..)?.first_chunk().copied().map(u64::from_le_bytes);
                eight(text, 0)? == eight(quoted, 0)? && eight(text, len - 8)? == eight(quoted, len - 8)?
            }
            4..8 => {
                let four = |of: &[u8], at: usize| of.get(at..)?.first_chunk().copied().map(u32::from_le_bytes);
                four(text, 0)? == four(quoted, 0)? && four(text, len - 4)? == four(quoted, len - 4)?
            }
            0 => false,
            _ => text.starts_with(quoted),
        };
        same.then_some(len)
    }

    /// Whether `keys`, each with its quotes and colon, are the keys in their order.
    pub fn are<'a>(&self, keys: impl ExactSizeIterator<Item = &'a [u8]>) -> bool {
        keys.len() == self.keys.len() && self.keys.iter().zip(keys).all(|(key, other)| *key.quoted == *other)
    }

    /// Each key with its quotes and colon; nothing where a quote may stand there in more than one way.
    pub fn quoted(&self) -> impl Iterator<Item = &[u8]> {
        self.keys.iter().map(|key| &*key.quoted)
    }

    /// The place of a key.
    #[must_use]
    pub fn find(&self, name: &[u8]) -> Option<usize> {
        self.keys.iter().position(|key| *key.name == *name)
    }
}
