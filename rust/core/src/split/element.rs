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
    /// Bytes of white space since the last line end; None: there were others. Of the pieces before this one.
    indent: Option<u64>,
    /// The last byte that is no white space, of the pieces before this one.
    last: u8,
    /// The brackets that are open, down to [`DEEPEST`].
    open: Vec<u8>,
    deeper: u64,
}

/// What the bytes of a state are passed over up to.
type Stops = [bool; 256];

const fn stops(bytes: &[u8]) -> Stops {
    let mut stops = [false; 256];
    let mut at = 0;
    while at < bytes.len() {
        stops[bytes[at] as usize] = true;
        at += 1;
    }
    stops
}

const OUTSIDE: Stops = stops(b"\"{}[]");
const INSIDE: Stops = stops(b"\"\\\n");
const SCALAR: Stops = stops(b" \t\r\n,{[]\"");
/// What a line of JSON may begin with, other than numbers and words.
const LINE: Stops = stops(b"\"{}[],");

impl Element {
    /// An element whose first byte stands `column` bytes behind the last line end.
    #[must_use]
    pub fn new(column: u64) -> Self {
        Self { state: State::Start, column, indent: None, last: 0, open: Vec::new(), deeper: 0 }
    }

    /// Begins with another element.
    pub fn begin(&mut self, column: u64) {
        (self.state, self.column, self.indent, self.last, self.deeper) = (State::Start, column, None, 0, 0);
        self.open.clear();
    }

    /// Looks at the next bytes. Returns where in them the element ends, and how; None where it goes on behind them.
    pub fn feed(&mut self, bytes: &[u8]) -> Option<(usize, End)> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
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
                State::Scalar => {
                    at = next(bytes, at, &SCALAR);
                    if at < bytes.len() {
                        return Some((at, End::Whole));
                    }
                }
                State::Outside => {
                    at = next(bytes, at, &OUTSIDE);
                    match bytes.get(at) {
                        Some(b'"') => self.state = State::Inside,
                        Some(b'{') if self.next_begins(bytes, at) => {
                            return Some((at, End::Resumed(self.behind(bytes, at).0 == b',')));
                        }
                        Some(&byte @ (b'{' | b'[')) if self.open.len() < DEEPEST => self.open.push(byte),
                        Some(b'{' | b'[') => self.deeper += 1,
                        Some(&byte) => {
                            if let Some(end) = self.close(byte) {
                                return Some((at + 1, end));
                            }
                        }
                        None => {}
                    }
                }
                State::Inside => {
                    at = next(bytes, at, &INSIDE);
                    match bytes.get(at) {
                        Some(b'"') if self.open.is_empty() => return Some((at + 1, End::Whole)),
                        Some(b'"') => self.state = State::Outside,
                        Some(b'\\') => self.state = State::Escape,
                        Some(_) => self.state = State::Line,
                        None => {}
                    }
                }
                State::Escape => self.state = if byte == b'\n' { State::Line } else { State::Inside },
                State::Line if is_space(byte) => {}
                State::Line => {
                    // Where a line of JSON begins, the string was not closed.
                    let closed = LINE[usize::from(byte)];
                    if closed && self.open.is_empty() {
                        let comma = self.behind(bytes, at).0 == b',' && !matches!(byte, b',' | b']');
                        return Some((at, End::Resumed(comma)));
                    }
                    self.state = if closed { State::Outside } else { State::Inside };
                    continue;
                }
            }
            at += 1;
        }
        (self.last, self.indent) = self.behind(bytes, bytes.len());
        None
    }

    /// The last byte before `at` that is no white space, and how far in `at` stands on its line: None where there is
    /// more than white space before it.
    fn behind(&self, bytes: &[u8], at: usize) -> (u8, Option<u64>) {
        let spaces = bytes[..at].iter().rev().take_while(|&&byte| is_space(byte)).count();
        let text = at - spaces;
        let indent = memrchr(b'\n', &bytes[text..at]).map(|lf| (spaces - lf - 1) as u64);
        match text.checked_sub(1) {
            Some(last) => (bytes[last], indent),
            None => (self.last, indent.or_else(|| self.indent.map(|before| before + spaces as u64))),
        }
    }

    /// Whether a `{` cannot belong to the element, and stands where the next one would begin.
    ///
    /// In an object a `{` stands after a colon. Where it does not, no array is open, and it begins a line no further in
    /// than the element itself, the element was not closed.
    fn next_begins(&self, bytes: &[u8], at: usize) -> bool {
        if self.deeper > 0 || self.open.last() != Some(&b'{') || self.open.contains(&b'[') {
            return false;
        }
        let (last, indent) = self.behind(bytes, at);
        last != b':' && indent.is_some_and(|indent| indent <= self.column)
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

/// The first position at or after `at` of a byte that stops, or the end.
#[inline(always)]
fn next(bytes: &[u8], at: usize, stops: &Stops) -> usize {
    bytes[at..].iter().position(|&byte| stops[usize::from(byte)]).map_or(bytes.len(), |found| at + found)
}

#[cfg(test)]
mod tests {
    use super::{Element, End};

    /// Feeds `bytes` in pieces of at most `size`.
    fn fed(bytes: &[u8], size: usize) -> Option<(usize, End)> {
        let mut element = Element::new(2);
        let mut before = 0;
        for piece in bytes.chunks(size) {
            if let Some((at, end)) = element.feed(piece) {
                return Some((before + at, end));
            }
            before += piece.len();
        }
        None
    }

    #[test]
    fn the_text_may_come_in_pieces() {
        let mut seed = 13_u64;
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % below
        };
        let pieces: [&[u8]; 14] =
            [b"{", b"}", b"[", b"]", b"\"", b"\\", b"\n", b"\r\n", b"  ", b",", b":", b"x", b",\n {", b"\"x\":"];
        let mut found = [0; 5];
        for _ in 0..40_000 {
            let mut bytes = [&b"{"[..], b"[", b"\"", b"1", b"{\"a\":"][random(5)].to_vec();
            for _ in 0..random(20) {
                bytes.extend_from_slice(pieces[random(14)]);
            }
            let whole = fed(&bytes, bytes.len());
            for size in [1, 2, 5] {
                assert_eq!(fed(&bytes, size), whole, "{:?}", String::from_utf8_lossy(&bytes));
            }
            found[match whole {
                None => 0,
                Some((_, End::Whole)) => 1,
                Some((_, End::Broken)) => 2,
                Some((_, End::Borrowed)) => 3,
                Some((_, End::Resumed(_))) => 4,
            }] += 1;
        }
        assert!(found.iter().all(|&count| count > 100), "{found:?}");
    }
}
