//! Whole: a line as the input of the error `missing`, which shows all of it, as it is written again.
//!
//! In: a line that was read, and its tokens. Out: where the text stands: in the block, where the line is written again as
//! it is; else it is written once, however many keys of it are missing. None where it is not known how it is written.

use super::lookups::Lookups;
use super::object;
use super::tokens::{Tag, Token, Tokens};
use crate::cells::{MAX_SPAN, Place, Span};
use crate::check::work::Input;
use crate::plan::Dialect;

/// What lines are shown by.
pub struct Whole<'a, 'b> {
    /// The block.
    pub input: &'a Input<'b>,
    /// What stands in its lines.
    pub tokens: &'a Tokens,
    /// Where lines are written again.
    pub written: &'a mut Vec<u8>,
    /// For each row that was written again, where; empty where none was.
    pub spans: &'a mut Vec<Span>,
}

impl Whole<'_, '_> {
    /// The text of line `row`.
    pub fn of(&mut self, row: usize) -> Option<Span> {
        let Input { block, plan, .. } = *self.input;
        let data = block.bytes();
        let at = &block.rows.rows[row];
        let line = (at.start as usize, at.end as usize);
        if let Some(lookups) = &plan.lookups
            && as_it_stands(data, line, lookups, |column| self.tokens.of(row, column))
        {
            return Some(Span::new(Place::FinalPlain, line.0, line.1 - line.0));
        }
        if let Some(&known) = self.spans.get(row)
            && known != Span::ABSENT
        {
            return Some(known);
        }
        let span = again(&data[line.0..line.1], plan.dialect, self.written, MAX_SPAN)?;
        self.spans.resize(block.rows.rows.len(), Span::ABSENT);
        self.spans[row] = span;
        Some(span)
    }
}

/// Writes a line again, behind what is written. None where it is not known how, or where there would be more than `most`
/// bytes: positions are 32 bits, and a line may become longer.
fn again(line: &[u8], dialect: Dialect, written: &mut Vec<u8>, most: usize) -> Option<Span> {
    let begin = written.len();
    let known = object::compact(line, dialect, written).is_some();
    if !known || written.len() > most {
        written.truncate(begin);
        return None;
    }
    Some(Span::new(Place::FinalWritten, begin, written.len() - begin))
}

/// Whether the line `data[start..end]` is certainly written again as it stands: its keys in the order in which they are
/// looked up, nothing between its tokens, and values that are written again as they stand.
fn as_it_stands(data: &[u8], (start, end): (usize, usize), lookups: &Lookups, token: impl Fn(usize) -> Token) -> bool {
    let mut at = start;
    let mut before = b'{';
    for (column, key) in lookups.keys.iter().enumerate() {
        let token = token(column);
        let tag = token.tag();
        if tag == Tag::Absent {
            continue;
        }
        let (from, to) = token.whole();
        let same = match tag {
            Tag::Text | Tag::Int | Tag::True | Tag::False | Tag::Null => true,
            Tag::Float => object::is_shortest(&data[from..to]),
            Tag::Escaped | Tag::Raw | Tag::Absent => false,
        };
        // A key that is long, or may stand there in more than one way, has no pattern.
        if !same
            || key.pattern.len == 0
            || from != at + 1 + key.pattern.len
            || data[at] != before
            || key.pattern.stands(data, at + 1) != Some(true)
        {
            return false;
        }
        (at, before) = (to, b',');
    }
    // Where there are other keys, or none, something else stands there.
    before == b',' && at + 1 == end
}

#[cfg(test)]
mod tests {
    use super::{again, as_it_stands, object};
    use crate::cells::{Place, Span};
    use crate::json::parse::parse;
    use crate::json::{Lookups, Tokens};
    use crate::plan::Dialect;

    #[test]
    fn no_more_is_written_than_positions_reach() {
        // 1e15 becomes 1000000000000000.0, which is longer.
        let (line, longer) = (b"{\"a\": 1e15}", br#"{"a":1000000000000000.0}"#);
        let most = 3 + longer.len();
        let mut written = b"...".to_vec();
        assert_eq!(again(line, Dialect::Pydantic, &mut written, most - 1), None);
        assert_eq!(written, b"...");
        let span = Span::new(Place::FinalWritten, 3, longer.len());
        assert_eq!(again(line, Dialect::Pydantic, &mut written, most), Some(span));
        assert_eq!(&written[3..], longer);
        assert_eq!(again(b"{}", Dialect::Pydantic, &mut written, most), None);
        assert_eq!(again(b"{", Dialect::Pydantic, &mut written, usize::MAX), None);
        assert_eq!(written.len(), most);
    }

    #[test]
    fn lines_that_stand_are_written_again_as_they_stand() {
        let long = "name that is longer than what is compared all at once";
        let lookups = Lookups::new(&["a".into(), "b\"".into(), long.into(), "n".into()], &[]);
        let values =
            ["1", "-2.5", "2.50", "2.5e3", "\"x\"", "\"\\n\"", "\"\\/\"", "true", "false", "null", "-0", "[1]", "[ ]"];
        let mut stood = 0;
        for first in values {
            for second in values {
                for line in [
                    format!("{{\"a\":{first},\"n\":{second}}}"),
                    format!("{{\"a\":{first}}}"),
                    format!("{{\"n\":{first},\"a\":{second}}}"),
                    format!("{{\"a\":{first},\"n\": {second}}}"),
                    format!("{{\"a\":{first},\"n\":{second} }}"),
                    format!("{{\"a\":{first} ,\"n\":{second}}}"),
                    format!("{{\"a\":{first},\"n\":{second}}} "),
                    format!(" {{\"a\":{first},\"n\":{second}}}"),
                    format!("{{\"a\":{first},\"x\":{second}}}"),
                    format!("{{\"x\":{first},\"a\":{second}}}"),
                    format!("{{\"a\":{first},\"a\":{second}}}"),
                    format!("{{\"\\u0061\":{first}}}"),
                    format!("{{\"b\\\"\":{first}}}"),
                    format!("{{\"{long}\":{first}}}"),
                    "{}".into(),
                ] {
                    // Aliases: the one is looked up where the other is not there.
                    for paths in [&[][..], &[0, 3], &[3, 0]] {
                        let data = format!("\n{line}\n                                ");
                        let at = (1, 1 + line.len());
                        let mut tokens = Tokens::default();
                        tokens.begin(1, &lookups, true);
                        if !parse(data.as_bytes(), at, 0, &lookups, &mut tokens, &mut Vec::new()) {
                            continue;
                        }
                        if !paths.is_empty() {
                            tokens.join(paths, &mut Vec::new(), &mut Vec::new());
                        }
                        if as_it_stands(data.as_bytes(), at, &lookups, |column| tokens.of(0, column)) {
                            let mut again = Vec::new();
                            assert_eq!(object::compact(line.as_bytes(), Dialect::Pydantic, &mut again), Some(()));
                            assert_eq!(String::from_utf8(again).expect("UTF-8"), line);
                            stood += 1;
                        }
                    }
                }
            }
        }
        assert!(stood > 100);
    }
}
