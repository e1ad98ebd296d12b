//! Spill: the raw bytes of a record that is too large to hold, from its temporary file into the rejects sink.

use std::io::{self, Read, Seek, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::encode::{csv, json};
use crate::plan::Format;
use crate::split::Spilled;

/// Bytes that are held at once: a multiple of three, so that pieces of base64 join without padding.
const PIECE: usize = 3 << 16;

/// A record whose raw bytes belong at position `at` of the rejects of its block.
#[derive(Debug)]
pub struct Large {
    /// Where.
    pub at: usize,
    /// Its bytes.
    pub spilled: Spilled,
    /// How rejects are written.
    pub format: Format,
    /// The delimiter of its source.
    pub delimiter: u8,
}

impl Large {
    /// Writes the raw bytes in the form of the sink.
    pub fn write(&mut self, sink: &mut dyn Write) -> io::Result<()> {
        match self.format {
            Format::Jsonl => self.json(sink),
            Format::Csv | Format::Tsv => self.csv(sink),
        }
    }

    fn json(&mut self, sink: &mut dyn Write) -> io::Result<()> {
        let mut pieces = Vec::new();
        if self.is_utf8()? {
            sink.write_all(b"\"raw\":\"")?;
            self.each(|piece| {
                pieces.clear();
                json::body(piece, &mut pieces);
                sink.write_all(&pieces)
            })?;
        } else {
            sink.write_all(b"\"raw_base64\":\"")?;
            self.each(|piece| sink.write_all(STANDARD.encode(piece).as_bytes()))?;
        }
        sink.write_all(b"\"")
    }

    fn csv(&mut self, sink: &mut dyn Write) -> io::Result<()> {
        let mut clean = true;
        let delimiter = self.delimiter;
        self.each(|piece| {
            clean &= csv::is_clean(piece, delimiter);
            Ok(())
        })?;
        if clean {
            return self.each(|piece| sink.write_all(piece));
        }
        let mut doubled = Vec::new();
        sink.write_all(b"\"")?;
        self.each(|piece| {
            doubled.clear();
            csv::doubled(piece, &mut doubled);
            sink.write_all(&doubled)
        })?;
        sink.write_all(b"\"")
    }

    fn is_utf8(&mut self) -> io::Result<bool> {
        let mut valid = true;
        let mut held: Vec<u8> = Vec::new();
        self.each(|piece| {
            held.extend_from_slice(piece);
            match std::str::from_utf8(&held) {
                Ok(_) => held.clear(),
                // The piece may end within a character: hold its beginning until the next piece.
                Err(error) if error.error_len().is_none() => drop(held.drain(..error.valid_up_to())),
                Err(_) => {
                    valid = false;
                    held.clear();
                }
            }
            Ok(())
        })?;
        Ok(valid && held.is_empty())
    }

    /// Calls `step` with each piece of the record, all but the last [`PIECE`] bytes long.
    fn each(&mut self, mut step: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let file = &mut self.spilled.file;
        file.rewind()?;
        let mut piece = Vec::with_capacity(PIECE);
        loop {
            piece.clear();
            file.take(PIECE as u64).read_to_end(&mut piece)?;
            if piece.is_empty() {
                return Ok(());
            }
            step(&piece)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{Large, PIECE, Spilled};
    use crate::plan::Format;

    fn written(text: &[u8], format: Format) -> Vec<u8> {
        let mut file = tempfile::tempfile().expect("a temporary file");
        file.write_all(text).expect("room");
        let spilled = Spilled { file, len: text.len() as u64 };
        let mut out = Vec::new();
        Large { at: 0, spilled, format, delimiter: b',' }.write(&mut out).expect("a vector takes all");
        out
    }

    #[test]
    fn characters_across_pieces_are_text() {
        let text = "é".repeat(PIECE);
        let shifted = format!("x{text}");
        for text in [&text, &shifted] {
            assert_eq!(written(text.as_bytes(), Format::Jsonl), format!("\"raw\":\"{text}\"").into_bytes());
            assert_eq!(written(text.as_bytes(), Format::Csv), text.as_bytes());
        }
    }

    #[test]
    fn other_bytes_are_base64_in_one_piece() {
        let out = written(&vec![0xff; PIECE + 1], Format::Jsonl);
        assert!(out.starts_with(b"\"raw_base64\":\"////"));
        assert!(out.ends_with(b"//w==\""));
        assert_eq!(out.len(), "\"raw_base64\":\"\"".len() + (PIECE + 1).div_ceil(3) * 4);
        assert_eq!(written(b"caf\xc3", Format::Jsonl), b"\"raw_base64\":\"Y2Fmww==\"");
    }

    #[test]
    fn csv_is_quoted_where_needed() {
        assert_eq!(written(b"a,\"b", Format::Csv), b"\"a,\"\"b\"");
    }
}
