//! Parse: from a line to the token of each key that is looked up, in one pass.
//!
//! The whole line is read, since text that is no JSON refuses it all. Lines of one file mostly have their keys in the
//! same order, so the key of the line before is tried first.

use super::bare::{Pattern, bare};
use super::scan::{Value, brackets, skip, space, text, unescape, value_or};

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
    width: usize,
    /// The place in [`Lookups`] of each key of the line before, in order.
    order: Vec<usize>,
    /// Whether the whole block is UTF-8.
    text: bool,
    /// Lines that are not tried in the quick way any more, since one was not of that form.
    pub(super) detour: u32,
    /// For each row, whether it has its keys in the order in which they are looked up, and nothing between its tokens.
    bare: Vec<bool>,
    /// The keys that have no lookup, line after line, where somebody asks for them.
    pub extras: Vec<Extra>,
}

impl Tokens {
    /// About how many bytes the buffers have.
    #[must_use]
    pub fn bytes_held(&self) -> usize {
        let Self { all, bare, extras, .. } = self;
        all.capacity() * size_of::<Token>() + bare.capacity() + extras.capacity() * size_of::<Extra>()
    }
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
    /// Makes room for `rows` lines. `text`: all of them are UTF-8.
    pub fn begin(&mut self, rows: usize, lookups: &Lookups, text: bool) {
        self.text = text;
        self.width = lookups.keys.len();
        self.all.clear();
        self.all.resize(rows * self.width, Token::ABSENT);
        self.bare.clear();
        self.bare.resize(rows, false);
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

    /// Whether line `row` has its keys in the order in which they are looked up, and nothing between its tokens.
    #[inline(always)]
    pub fn is_bare(&self, row: usize) -> bool {
        self.bare.get(row) == Some(&true)
    }

    /// A value of line `row` goes out without the quotes that it has where it is text.
    #[inline(always)]
    pub fn unquoted(&mut self, row: usize, tag: Tag) {
        if let (Tag::Text, Some(bare)) = (tag, self.bare.get_mut(row)) {
            *bare = false;
        }
    }

    /// What stands in line `row` under key `column`.
    #[inline(always)]
    pub fn of(&self, row: usize, column: usize) -> Token {
        self.all[row * self.width + column]
    }
}

/// After a line that has another form, so many are read in the other way at once.
const DETOUR: u32 = 7;

/// The keys that are looked up.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a rule of its own")]
pub struct Lookups {
    pub(super) keys: Vec<Key>,
    /// Whether all of them are short and have scalars.
    short: bool,
    /// Whether a line in which one of them repeats is not understood.
    once: bool,
    /// Whether a line with another key is not understood.
    known_only: bool,
    /// Whether somebody asks for the other keys.
    extras: bool,
}

#[derive(Debug)]
pub(super) struct Key {
    name: Box<[u8]>,
    /// `"name":`, as it mostly stands in a line; empty where a quote may stand there in more than one way.
    quoted: Box<[u8]>,
    /// The same, where it is short.
    pub pattern: Pattern,
    take: Take,
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

    /// The place of a key.
    #[must_use]
    pub fn find(&self, name: &[u8]) -> Option<usize> {
        self.keys.iter().position(|key| *key.name == *name)
    }
}

/// Reads the line `data[start..end]`, which is UTF-8. Returns false where Pydantic has to read it.
#[inline(always)]
pub fn parse(
    data: &[u8],
    (start, end): (usize, usize),
    row: usize,
    lookups: &Lookups,
    tokens: &mut Tokens,
    undone: &mut Vec<u8>,
) -> bool {
    let first = row * tokens.width;
    let slots = &mut tokens.all[first..first + tokens.width];
    if tokens.detour > 0 {
        tokens.detour -= 1;
    } else if lookups.short {
        let begin = undone.len();
        if bare(data, (start, end), lookups, slots, undone).is_some() {
            tokens.bare[row] = true;
            return true;
        }
        undone.truncate(begin);
        slots.fill(Token::ABSENT);
        tokens.detour = DETOUR;
    }
    // A few bytes more, so that the last ones can be read many at once; whoever gets that far is turned away.
    let line = Line { text: &data[start..data.len().min(end + 16)], len: end - start, start, row, lookups };
    let Tokens { all, order, extras, width, .. } = tokens;
    line.parse(&mut all[first..first + *width], order, extras, undone).is_some()
}

struct Line<'a> {
    text: &'a [u8],
    /// Its length; the text is longer.
    len: usize,
    /// Its position in the block.
    start: usize,
    row: usize,
    lookups: &'a Lookups,
}

impl Line<'_> {
    #[inline(always)]
    fn parse(
        &self,
        slots: &mut [Token],
        order: &mut Vec<usize>,
        extras: &mut Vec<Extra>,
        undone: &mut Vec<u8>,
    ) -> Option<()> {
        let line = self.text;
        let mut at = space(line, 0);
        if line.get(at)? != &b'{' {
            return None;
        }
        at = space(line, at + 1);
        if line.get(at)? == &b'}' {
            return self.finish(at + 1);
        }
        let mut place = 0;
        let mut unread = 0;
        loop {
            let key_at = at;
            let (wanted, value_at) = self.key(at, place, order, undone)?;
            place += 1;
            let (found, after) = value_or(line, value_at, |at| {
                if wanted.is_some_and(|wanted| self.lookups.keys[wanted].take == Take::Unread) {
                    unread += 1;
                    return brackets(line, at);
                }
                skip(line, at)
            })?;
            self.store(found, (value_at, after), wanted, slots, undone)?;
            if wanted.is_none() && self.lookups.extras {
                let at = |at: usize| (self.start + at) as u32;
                extras.push(Extra { row: self.row as u32, key: at(key_at), value: at(value_at) });
            }
            at = space(line, after);
            match line.get(at)? {
                b',' => at = space(line, at + 1),
                b'}' if unread > 0 && !self.all_read(slots, unread) => return None,
                b'}' => return self.finish(at + 1),
                _ => return None,
            }
        }
    }

    /// Whether somebody reads every value of which only the brackets were looked at: none was under a key that came again.
    fn all_read(&self, slots: &[Token], unread: usize) -> bool {
        let nested =
            |token: &Token| token.tag() == Tag::Raw && matches!(self.text[token.start() - self.start], b'[' | b'{');
        let left = self.lookups.keys.iter().zip(slots).filter(|(key, token)| key.take == Take::Unread && nested(token));
        left.count() == unread
    }

    #[inline(always)]
    fn finish(&self, at: usize) -> Option<()> {
        (at <= self.len && space(self.text, at) >= self.len).then_some(())
    }

    /// The key at `at`: its place in the lookups, if it has one, and the position of its value.
    #[inline(always)]
    fn key(
        &self,
        at: usize,
        place: usize,
        order: &mut Vec<usize>,
        undone: &mut Vec<u8>,
    ) -> Option<(Option<usize>, usize)> {
        if let Some(&guess) = order.get(place)
            && let Some(len) = self.lookups.matches(guess, &self.text[at..])
        {
            return Some((Some(guess), space(self.text, at + len)));
        }
        self.other_key(at, place, order, undone)
    }

    fn other_key(
        &self,
        at: usize,
        place: usize,
        order: &mut Vec<usize>,
        undone: &mut Vec<u8>,
    ) -> Option<(Option<usize>, usize)> {
        let line = self.text;
        if line.get(at)? != &b'"' {
            return None;
        }
        let (end, escaped) = text(line, at + 1)?;
        let name = &line[at + 1..end];
        let wanted = if escaped {
            let begin = undone.len();
            unescape(name, undone)?;
            let wanted = self.lookups.find(&undone[begin..]);
            undone.truncate(begin);
            wanted
        } else {
            self.lookups.find(name)
        };
        if wanted.is_none() && self.lookups.known_only {
            return None;
        }
        if order.len() <= place {
            order.resize(place + 1, usize::MAX);
        }
        order[place] = wanted.unwrap_or(usize::MAX);
        let at = space(line, end + 1);
        (line.get(at)? == &b':').then(|| (wanted, space(line, at + 1)))
    }

    #[inline(always)]
    fn store(
        &self,
        found: Value,
        (from, to): (usize, usize),
        wanted: Option<usize>,
        slots: &mut [Token],
        undone: &mut Vec<u8>,
    ) -> Option<()> {
        let token = |tag, from: usize, to: usize| Token::new(tag, self.start + from, self.start + to);
        let raw = |wanted: usize| self.lookups.keys[wanted].take > Take::Scalar;
        let made = match found {
            Value::Text(end, false) => token(Tag::Text, from + 1, end),
            Value::Text(end, true) => {
                let begin = undone.len();
                unescape(&self.text[from + 1..end], undone)?;
                if wanted.is_none_or(raw) {
                    undone.truncate(begin);
                    token(Tag::Raw, from, to)
                } else {
                    Token::new(Tag::Escaped, begin, undone.len())
                }
            }
            Value::Int => token(Tag::Int, from, to),
            Value::Float => token(Tag::Float, from, to),
            Value::True => token(Tag::True, from, to),
            Value::False => token(Tag::False, from, to),
            Value::Null => token(Tag::Null, from, to),
            Value::Nested | Value::MinusZero => token(Tag::Raw, from, to),
        };
        if let Some(wanted) = wanted {
            if self.lookups.once && slots[wanted] != Token::ABSENT {
                return None;
            }
            slots[wanted] = made;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Lookups, Tag, Tokens, parse};

    fn read(line: &str) -> Option<Vec<(Tag, String)>> {
        let lookups = Lookups::new(&["a".into(), "b c".into(), "q\"".into()], &[]);
        let (mut tokens, mut undone) = (Tokens::default(), Vec::new());
        // A line before, so that orders are guessed.
        let data = format!("{{\"a\":0,\"b c\":0}}\n{line}\n");
        let first = data.find('\n').expect("a line end");
        tokens.begin(2, &lookups, true);
        assert!(parse(data.as_bytes(), (0, first), 0, &lookups, &mut tokens, &mut undone));
        let whole = (first + 1, data.len() - 1);
        if !parse(data.as_bytes(), whole, 1, &lookups, &mut tokens, &mut undone) {
            return None;
        }
        let text = |column| {
            let token = tokens.of(1, column);
            let from: &[u8] = if token.tag() == Tag::Escaped { &undone } else { data.as_bytes() };
            let bytes = &from[token.start()..token.start() + token.len()];
            (token.tag(), String::from_utf8(bytes.to_vec()).expect("UTF-8"))
        };
        Some((0..3).map(text).collect())
    }

    #[test]
    fn tokens_of_lines() {
        let absent = (Tag::Absent, String::new());
        let is = |tag, text: &str| (tag, text.to_owned());
        for (line, expected) in [
            ("{}", vec![absent.clone(), absent.clone(), absent.clone()]),
            (r#"{"a":1,"b c":"x"}"#, vec![is(Tag::Int, "1"), is(Tag::Text, "x"), absent.clone()]),
            (r#" { "b c" : null , "a" : 2.50 } "#, vec![is(Tag::Float, "2.50"), is(Tag::Null, "null"), absent.clone()]),
            (
                r#"{"q\"":true,"\u0061":"\n","z":[{}],"a b":-0}"#,
                vec![is(Tag::Escaped, "\n"), absent.clone(), is(Tag::True, "true")],
            ),
            (r#"{"a":1,"a":"two"}"#, vec![is(Tag::Text, "two"), absent.clone(), absent.clone()]),
            (r#"{"a":[ {} ],"b c":-0}"#, vec![is(Tag::Raw, "[ {} ]"), is(Tag::Raw, "-0"), absent.clone()]),
        ] {
            assert_eq!(read(line), Some(expected), "{line}");
        }
        for line in [
            "",
            "[]",
            "1",
            "{",
            "{\"a\"",
            "{\"a\":",
            "{\"a\":1",
            "{\"a\":1,",
            "{\"a\":1,}",
            "{\"a\":1}}",
            "{\"a\":1}x",
            "{\"a\":\"\\ud800\"}",
            "{\"z\":\"\\ud800\"}",
            "{\"a\" 1}",
            "{\"a\":1 \"b c\":2}",
            "{\"a\":01}",
            "{,}",
            "{\"a\":nan}",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
