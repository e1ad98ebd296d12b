//! Pattern: a search for a regular expression, as pydantic-core searches, with a table for ASCII.
//!
//! On ASCII text, the classes of Unicode and those of ASCII mean the same, and without Unicode most patterns fit into a
//! small table of states: one look a byte. Where the table would be large, or the pattern needs Unicode to be read at
//! all, and for other text, the crate that pydantic-core uses searches.

use regex::Regex;
use regex_automata::Input;
use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::util::syntax;

/// Bytes that a table may take; larger ones fall out of the cache and take long to build.
const TABLE_BYTES: usize = 1 << 18;

/// A compiled pattern.
#[derive(Debug)]
pub struct Pattern {
    regex: Regex,
    ascii: Option<dense::DFA<Vec<u32>>>,
}

impl Pattern {
    /// Compiles a pattern in the syntax of the crate `regex`.
    pub fn new(pattern: &str) -> Result<Self, regex::Error> {
        let regex = Regex::new(pattern)?;
        let config = dense::Config::new()
            .start_kind(StartKind::Unanchored)
            .dfa_size_limit(Some(TABLE_BYTES))
            .determinize_size_limit(Some(2 * TABLE_BYTES));
        let ascii = dense::Builder::new()
            .configure(config)
            .syntax(syntax::Config::new().unicode(false).utf8(false))
            .build(pattern)
            .ok();
        Ok(Self { regex, ascii })
    }

    /// Whether the pattern is found in `text`.
    #[inline(always)]
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        match &self.ascii {
            Some(table) if text.is_ascii() => match table.try_search_fwd(&Input::new(text).earliest(true)) {
                Ok(found) => found.is_some(),
                Err(_) => self.regex.is_match(text),
            },
            _ => self.regex.is_match(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn the_table_finds_what_the_crate_finds() {
        let patterns = [
            r"^SKU-\d{5}$",
            r"\d+$",
            r"[a-z]",
            r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$",
            r"(?i)^straße|k$",
            r"\bfoo\b",
            r"^$",
            r"a.c",
            r"(?m)^b$",
            r"\p{L}+",
            r"[[:alpha:]]{3}",
            r"^\w+$",
            r"x|",
            r"(?s)a.b",
            r"^\S+$",
            r"[^a]",
            r"\A\z",
            r"é",
        ];
        let texts = [
            "",
            "SKU-12345",
            "SKU-1234",
            "SKU-١٢٣٤٥",
            "a@b.co",
            "a@b",
            "foo bar",
            "xfoo",
            "abc",
            "a\nc",
            "a\nb\nc",
            "b",
            "K",
            "k",
            "\u{212a}",
            "STRASSE",
            "straße",
            "é",
            "a\u{b}c",
            "_1",
            "\0",
            "aaa",
            "a b",
            "\r",
            "12",
            "x\n",
        ];
        for pattern in patterns {
            let compiled = Pattern::new(pattern).expect("a pattern");
            for text in texts {
                assert_eq!(compiled.is_match(text), compiled.regex.is_match(text), "{pattern} in {text:?}");
            }
        }
    }
}
