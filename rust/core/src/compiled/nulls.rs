//! Nulls: the texts that make a cell null.

/// The texts that make a cell null.
pub struct Nulls {
    /// Those that are not empty.
    texts: Vec<Box<[u8]>>,
    empty: bool,
    /// Length of the longest; no cell is longer than -1 where there is none.
    longest: isize,
}

impl Nulls {
    /// The texts that make a cell null.
    #[must_use]
    pub fn new(texts: &[String]) -> Self {
        let longest = texts.iter().map(|text| text.len().cast_signed()).max().unwrap_or(-1);
        let some = texts.iter().filter(|text| !text.is_empty());
        let empty = texts.iter().any(String::is_empty);
        Self { texts: some.map(|text| text.as_bytes().into()).collect(), empty, longest }
    }

    /// Whether `text` is null.
    #[inline(always)]
    #[must_use]
    pub fn contains(&self, text: &[u8]) -> bool {
        text.len().cast_signed() <= self.longest && self.listed(text)
    }

    fn listed(&self, text: &[u8]) -> bool {
        // An empty text has no memory, and `memcmp` of some processors takes long to find that it may not look there.
        if text.is_empty() { self.empty } else { self.texts.iter().any(|null| **null == *text) }
    }
}
