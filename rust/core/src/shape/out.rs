//! Out: what is written of a value, as far as possible a stretch of the text that it was read from.
//!
//! JSON that is already as pydantic-core writes it is not copied piece by piece: neighbouring pieces grow into one
//! stretch, which is copied once, or not at all. Positions are counted as if everything had been copied.

/// Output under construction.
#[derive(Debug, Default)]
pub struct Out {
    /// What was copied.
    pub copied: Vec<u8>,
    /// The stretch of the text that follows it.
    stretch: (usize, usize),
}

/// A place to go back to.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    copied: usize,
    stretch: (usize, usize),
}

impl Out {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.copied.clear();
        self.stretch = (0, 0);
    }

    /// Appends `text[from..to]`.
    #[inline(always)]
    pub fn piece(&mut self, text: &[u8], from: usize, to: usize) {
        if from == self.stretch.1 {
            self.stretch.1 = to;
        } else {
            self.flush(text);
            self.stretch = (from, to);
        }
    }

    /// Appends bytes that do not stand in the text.
    #[inline(always)]
    pub fn bytes(&mut self, text: &[u8], bytes: &[u8]) {
        self.flush(text);
        self.copied.extend_from_slice(bytes);
    }

    /// Copies the stretch. Whoever goes on with another text does this first.
    #[inline(always)]
    pub fn flush(&mut self, text: &[u8]) {
        self.copied.extend_from_slice(&text[self.stretch.0..self.stretch.1]);
        self.stretch = (0, 0);
    }

    /// How much was appended.
    #[inline(always)]
    pub fn position(&self) -> usize {
        self.copied.len() + (self.stretch.1 - self.stretch.0)
    }

    /// The stretch of the text that is all there is; None where there is more.
    pub fn only(&self) -> Option<(usize, usize)> {
        self.copied.is_empty().then_some(self.stretch)
    }

    /// What was appended from a position on.
    pub fn since<'a>(&'a mut self, text: &'a [u8], begin: usize) -> &'a [u8] {
        let (from, to) = self.stretch;
        let len = self.position() - begin;
        if len <= to - from {
            return &text[to - len..to];
        }
        self.flush(text);
        &self.copied[begin..]
    }

    /// Takes out what stands between two positions.
    pub fn remove(&mut self, text: &[u8], from: usize, to: usize) {
        self.flush(text);
        self.copied.drain(from..to);
    }

    /// A place to go back to, while the text is the same.
    #[inline(always)]
    pub fn mark(&self) -> Mark {
        Mark { copied: self.copied.len(), stretch: self.stretch }
    }

    /// Forgets what was appended since.
    #[inline(always)]
    pub fn back(&mut self, mark: Mark) {
        self.copied.truncate(mark.copied);
        self.stretch = mark.stretch;
    }
}
