//! Tokens: what stands under the keys that are looked up, and where.
//!
//! Filled while lines are read, row after row; looked at by the loops of the fields.

use super::lookups::Lookups;

/// What stands under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Tag {
    /// The key is not there.
    Absent = 0,
    /// `null`.
    Null = 1,
    /// A string without escapes, in the block.
    Text = 2,
    /// A string with its escapes undone, in [`Work::unquoted`](crate::check::work::Work::unquoted).
    Escaped = 3,
    /// An integer of at most 18 digits.
    Int = 4,
    /// A number with a fraction or an exponent.
    Float = 5,
    /// `true`.
    True = 6,
    /// `false`.
    False = 7,
    /// A value that is none of these, or of a field that wants it so, as it stands in the block.
    Raw = 8,
}

const TAGS: [Tag; 16] = {
    let mut tags = [Tag::Absent; 16];
    tags[1] = Tag::Null;
    tags[2] = Tag::Text;
    tags[3] = Tag::Escaped;
    tags[4] = Tag::Int;
    tags[5] = Tag::Float;
    tags[6] = Tag::True;
    tags[7] = Tag::False;
    tags[8] = Tag::Raw;
    tags
};

/// A value, and where its text is. 32 bits of position, 28 of length (a line is no longer), 4 of [`Tag`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token(u64);

impl Token {
    pub(super) const ABSENT: Self = Self(0);

    #[inline(always)]
    pub(super) fn new(tag: Tag, start: usize, end: usize) -> Self {
        Self(start as u64 | ((end - start) as u64) << 32 | (tag as u64) << 60)
    }

    /// What it is.
    #[inline(always)]
    pub fn tag(self) -> Tag {
        TAGS[(self.0 >> 60) as usize]
    }

    /// Position of the first byte.
    #[inline(always)]
    pub fn start(self) -> usize {
        (self.0 & 0xffff_ffff) as usize
    }

    /// Where a value of a nested field stands in the block, quotes included.
    #[inline(always)]
    pub fn whole(self) -> (usize, usize) {
        let quote = usize::from(self.tag() == Tag::Text);
        (self.start() - quote, self.start() + self.len() + quote)
    }

    /// Length in bytes.
    #[inline(always)]
    pub fn len(self) -> usize {
        (self.0 >> 32) as usize & ((1 << 28) - 1)
    }
}

/// The tokens of a block. Buffers are kept and used again.
#[derive(Debug, Default)]
pub struct Tokens {
    /// Row after row, one for each key.
    pub(super) all: Vec<Token>,
    pub(super) width: usize,
    /// The place in [`Lookups`] of each key of the line before, in order.
    pub(super) order: Vec<usize>,
    /// Whether the whole block is UTF-8.
    text: bool,
    /// Lines that are not tried in the quick way any more, since one was not of that form.
    pub(super) detour: u32,
    /// The keys that have no lookup, line after line, where somebody asks for them.
    pub extras: Vec<Extra>,
}

/// A key that has no lookup, and its value: where they begin in the block.
#[derive(Debug, Clone, Copy)]
pub struct Extra {
    /// Which line.
    pub row: u32,
    /// The quote of the key.
    pub key: u32,
    /// The value.
    pub value: u32,
}

impl Tokens {
    /// About how many bytes the buffers have.
    #[must_use]
    pub fn bytes_held(&self) -> usize {
        let Self { all, extras, .. } = self;
        all.capacity() * size_of::<Token>() + extras.capacity() * size_of::<Extra>()
    }

    /// Makes room for `rows` lines. `text`: all of them are UTF-8.
    pub fn begin(&mut self, rows: usize, lookups: &Lookups, text: bool) {
        self.text = text;
        self.width = lookups.keys.len();
        self.all.clear();
        self.all.resize(rows * self.width, Token::ABSENT);
        self.extras.clear();
    }

    /// Looks a value up under several keys, the first of which is that of the field: the first that is there counts.
    /// `moved` gets the lines in which it is another one, `several` those in which there is more than one.
    pub fn join(&mut self, paths: &[usize], moved: &mut Vec<usize>, several: &mut Vec<usize>) {
        for (number, tokens) in self.all.chunks_exact_mut(self.width).enumerate() {
            let mut given = paths.iter().filter(|&&path| tokens[path] != Token::ABSENT);
            let Some(&path) = given.next() else { continue };
            if given.next().is_some() {
                several.push(number);
            }
            if path != paths[0] {
                tokens[paths[0]] = tokens[path];
                moved.push(number);
            }
        }
    }

    /// Whether all lines are UTF-8.
    pub fn is_text(&self) -> bool {
        self.text
    }

    /// What stands in line `row` under key `column`.
    #[inline(always)]
    pub fn of(&self, row: usize, column: usize) -> Token {
        self.all[row * self.width + column]
    }
}
