//! Parse: from a line to the token of each key that is looked up, in one pass.
//!
//! The whole line is read, since text that is no JSON refuses it all. Lines of one file mostly have their keys in the
//! same order, so the key of the line before is tried first.

use super::bare::bare;
use super::brackets::brackets;
use super::lookups::{Lookups, Take};
use super::scan::{Value, skip, space, text, unescape, value_or};
use super::tokens::{Extra, Tag, Token, Tokens};
/// After a line that has another form, so many are read in the other way at once.
const DETOUR: u32 = 7;

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
