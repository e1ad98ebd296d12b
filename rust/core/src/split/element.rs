//! Element: from the first byte of an element of a JSON array to its end, one byte after another.
//!
//! Only brackets and strings are looked at: whether an element is JSON is for others to tell. It is the definition of
//! an element on this side, and the twin of `python/thresher/_python/element.py`. The text may come in pieces.

use memchr::memrchr;

/// Brackets of deeper levels are counted, but not told apart.
const DEEPEST: usize = 1024;

/// White space of JSON.
#[inline(always)]
#[must_use]
pub const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// How an element came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Where it had to.
    Whole,
    /// At a bracket that is not its own.
    Broken,
    /// At a `]` that is not its own: it may be that of the array.
    Borrowed,
    /// Not at all: the next one begins. The flag: after a comma.
    Resumed(bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before its first byte.
    Start,
    /// In a number or word.
    Scalar,
    /// Outside of strings.
    Outside,
    /// In a string.
    Inside,
    /// After a backslash in a string.
    Escape,
    /// In a string that a line end broke, before anything but white space on the next line.
    Line,
}

/// Finds the end of one element.
#[derive(Debug)]
pub struct Element {
    state: State,
    /// Bytes between the last line end and its first byte.
    column: u64,
    /// Bytes of white space since the last line end; None: there were others.
    indent: Option<u64>,
    /// The last byte that is no white space.
    last: u8,
    /// The brackets that are open, down to [`DEEPEST`].
    open: Vec<u8>,
    deeper: u64,
}

impl Element {
    /// An element whose first byte stands `column` bytes behind the last line end.
    #[must_use]
    pub fn new(column: u64) -> Self {
        Self { state: State::Start, column, indent: None, last: 0, open: Vec::new(), deeper: 0 }
    }

    /// Looks at the next bytes. Returns where in them the element ends, and how; None where it goes on behind them.
    pub fn feed(&mut self, bytes: &[u8]) -> Option<(usize, End)> {
        for (at, &byte) in bytes.iter().enumerate() {
            if let Some((more, end)) = self.step(byte) {
                return Some((at + usize::from(more), end));
            }
            if byte == b'\n' {
                self.indent = Some(0);
            } else if is_space(byte) {
                self.indent = self.indent.map(|indent| indent + 1);
            } else {
                self.indent = None;
                self.last = byte;
            }
        }
        None
    }

    /// Takes one byte. Where the element ends here: whether the byte is its own.
    #[inline(always)]
    fn step(&mut self, byte: u8) -> Option<(bool, End)> {
        if self.state == State::Line && !is_space(byte) {
            // A line of JSON begins here: the string was not closed.
            let closed = matches!(byte, b'"' | b'{' | b'}' | b'[' | b']' | b',');
            if closed && self.open.is_empty() {
                return Some((false, End::Resumed(self.last == b',' && !matches!(byte, b',' | b']'))));
            }
            self.state = if closed { State::Outside } else { State::Inside };
        }
        match self.state {
            State::Start => {
                self.state = match byte {
                    b'"' => State::Inside,
                    b'{' | b'[' => {
                        self.open.push(byte);
                        State::Outside
                    }
                    _ => State::Scalar,
                };
            }
            State::Scalar if is_space(byte) || matches!(byte, b',' | b'{' | b'[' | b']' | b'"') => {
                return Some((false, End::Whole));
            }
            State::Outside => match byte {
                b'"' => self.state = State::Inside,
                b'{' if self.next_begins() => return Some((false, End::Resumed(self.last == b','))),
                b'{' | b'[' if self.open.len() < DEEPEST => self.open.push(byte),
                b'{' | b'[' => self.deeper += 1,
                b'}' | b']' => return self.close(byte).map(|end| (true, end)),
                _ => {}
            },
            State::Inside => match byte {
                b'"' if self.open.is_empty() => return Some((true, End::Whole)),
                b'"' => self.state = State::Outside,
                b'\\' => self.state = State::Escape,
                b'\n' => self.state = State::Line,
                _ => {}
            },
            State::Escape => self.state = if byte == b'\n' { State::Line } else { State::Inside },
            State::Scalar | State::Line => {}
        }
        None
    }

    /// Whether a `{` cannot belong to the element, and stands where the next one would begin.
    ///
    /// In an object a `{` stands after a colon. Where it does not, no array is open, and it begins a line no further in
    /// than the element itself, the element was not closed.
    fn next_begins(&self) -> bool {
        self.deeper == 0
            && self.last != b':'
            && self.indent.is_some_and(|indent| indent <= self.column)
            && self.open.last() == Some(&b'{')
            && !self.open.contains(&b'[')
    }

    /// A closing bracket that is not the innermost closes those inside of it; one that nothing opened is taken for a
    /// wrong one.
    fn close(&mut self, byte: u8) -> Option<End> {
        if self.deeper > 0 {
            self.deeper -= 1;
            return None;
        }
        let wanted = byte - 2;
        let matches = self.open.last() == Some(&wanted);
        let found = if matches { Some(self.open.len() - 1) } else { memrchr(wanted, &self.open) };
        self.open.truncate(found.unwrap_or(self.open.len().saturating_sub(1)));
        if !self.open.is_empty() {
            return None;
        }
        Some(match found {
            Some(_) if matches => End::Whole,
            None if byte == b']' => End::Borrowed,
            _ => End::Broken,
        })
    }
}
