//! Lines: from bytes to records of JSON Lines. Each line is a record of one cell; a line of white space is blank.
//!
//! Nothing but line feeds is looked at: whether a line is JSON is not decided here.

use memchr::memchr_iter;

use super::scan::Scan;
use super::{Dialect, Fault, Row, Rows, Split};

/// Finds the lines of `data`, which begins at a line. `last`: no byte of the source follows.
pub fn lines(data: &[u8], last: bool, dialect: Dialect, rows: &mut Rows) -> Split {
    #[cfg(target_arch = "x86_64")]
    if let Some(scan) = super::scan::Avx2::detect() {
        // SAFETY: the processor has AVX2 and BMI1, as `scan` shows.
        return unsafe { lines_avx2(scan, data, last, dialect, rows) };
    }
    lines_at(memchr_iter(b'\n', data), data, last, dialect, rows)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1")]
fn lines_avx2(scan: super::scan::Avx2, data: &[u8], last: bool, dialect: Dialect, rows: &mut Rows) -> Split {
    lines_at(Newlines::new(scan, data), data, last, dialect, rows)
}

/// The positions of line feeds. Where lines are short this takes half of what a search for each takes.
struct Newlines<'a, S> {
    scan: S,
    /// The 64 bytes whose line feeds are in `found`, and those after them.
    data: &'a [u8],
    start: usize,
    found: u64,
}

impl<'a, S: Scan> Newlines<'a, S> {
    #[inline(always)]
    fn new(scan: S, data: &'a [u8]) -> Self {
        let mut newlines = Self { scan, data, start: 0, found: 0 };
        newlines.found = newlines.look();
        newlines
    }

    #[inline(always)]
    fn look(&self) -> u64 {
        let masks = |bytes: &[u8; 64]| self.scan.masks(bytes, b'\n').newline;
        if let Some(bytes) = self.data.first_chunk() {
            return masks(bytes);
        }
        let mut bytes = [0; 64];
        bytes[..self.data.len()].copy_from_slice(self.data);
        masks(&bytes)
    }
}

impl<S: Scan> Iterator for Newlines<'_, S> {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        while self.found == 0 {
            self.data = self.data.get(64..)?;
            self.start += 64;
            self.found = self.look();
        }
        let bit = self.found.trailing_zeros() as usize;
        self.found &= self.found - 1;
        Some(self.start + bit)
    }
}

#[inline(always)]
fn lines_at(
    newlines: impl Iterator<Item = usize>,
    data: &[u8],
    last: bool,
    dialect: Dialect,
    rows: &mut Rows,
) -> Split {
    let mut start = 0;
    for newline in newlines {
        let end = newline - usize::from(newline > start && data[newline - 1] == b'\r');
        line(data, start, end, dialect, rows);
        rows.newlines += 1;
        start = newline + 1;
    }
    rows.consumed = start;
    let rest = data.len() - start;
    if rest > 0 && last {
        line(data, start, data.len(), dialect, rows);
        rows.consumed = data.len();
        return Split::Done;
    }
    // One more byte may be the line end that still fits, two where the first is a carriage return.
    let fits = dialect.max_record_bytes.saturating_add(usize::from(data.ends_with(b"\r")));
    if rest > fits { Split::Oversize } else { Split::Done }
}

#[inline(always)]
fn line(data: &[u8], start: usize, end: usize, dialect: Dialect, rows: &mut Rows) {
    let large = end - start > dialect.max_record_bytes;
    if !large && data[start..end].iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r')) {
        rows.blank += 1;
        return;
    }
    if large {
        rows.faults.push((rows.rows.len() as u32, Fault::TooLarge));
    }
    rows.rows.push(Row { start: start as u32, end: end as u32, first: 0, cells: 1 });
}

#[cfg(test)]
mod tests {
    use super::{Newlines, lines};
    use crate::split::scan::Portable;
    use crate::split::{Dialect, Fault, LINES, Rows, Split};

    fn found(data: &str, last: bool, max_record_bytes: usize) -> (Split, Rows) {
        let mut rows = Rows::default();
        let split = lines(data.as_bytes(), last, Dialect { delimiter: LINES, max_record_bytes }, &mut rows);
        (split, rows)
    }

    fn texts<'a>(data: &'a str, rows: &Rows) -> Vec<&'a str> {
        rows.rows.iter().map(|row| &data[row.start as usize..row.end as usize]).collect()
    }

    #[test]
    fn lines_and_blank_lines() {
        let data = "{}\n\n{ }\r\n \t\r\n[1]\r\r\n\"\"";
        let (split, rows) = found(data, true, 100);
        assert_eq!((split, rows.consumed, rows.newlines, rows.blank), (Split::Done, data.len(), 5, 2));
        assert_eq!(texts(data, &rows), ["{}", "{ }", "[1]\r", "\"\""]);
        let (_, rows) = found(data, false, 100);
        assert_eq!((rows.consumed, rows.newlines), (data.len() - 2, 5));
        assert_eq!(texts(data, &rows), ["{}", "{ }", "[1]\r"]);
        let (_, rows) = found("1\r", true, 100);
        assert_eq!((rows.rows[0].end, rows.newlines), (2, 0));
    }

    #[test]
    fn line_feeds_at_every_place() {
        let mut seed = 3_u64;
        for len in 0..300 {
            let mut data = vec![b'x'; len];
            for byte in &mut data {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                *byte = if (seed >> 33).is_multiple_of(1 + len as u64 / 5) { b'\n' } else { b'x' };
            }
            let expected: Vec<_> = memchr::memchr_iter(b'\n', &data).collect();
            assert_eq!(Newlines::new(Portable, &data).collect::<Vec<_>>(), expected);
            #[cfg(target_arch = "x86_64")]
            if let Some(avx2) = crate::split::scan::Avx2::detect() {
                assert_eq!(Newlines::new(avx2, &data).collect::<Vec<_>>(), expected);
            }
        }
    }

    #[test]
    fn large_lines() {
        let (split, rows) = found("12345\n123456\r\n      \n123456", false, 5);
        assert_eq!((split, rows.consumed), (Split::Oversize, 21));
        assert_eq!(rows.faults, [(1, Fault::TooLarge), (2, Fault::TooLarge)]);
        let (split, rows) = found("12345\r", false, 5);
        assert_eq!((split, rows.consumed), (Split::Done, 0));
        assert_eq!(found("12345\r\r", false, 5).0, Split::Oversize);
        assert_eq!(found("12345\r", true, 5).1.faults, [(0, Fault::TooLarge)]);
        assert!(found("12345\r\n", true, 5).1.faults.is_empty());
        assert_eq!(rows.rows.len(), 0);
    }
}
