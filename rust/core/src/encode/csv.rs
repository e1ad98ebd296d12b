//! CSV cells: quoted only where needed.

/// Whether a cell goes out without quotes.
#[inline(always)]
#[must_use]
pub fn is_clean(text: &[u8], delimiter: u8) -> bool {
    // A plain loop over short cells; the compiler makes vectors of it.
    let odd = |byte: u8| {
        u8::from(byte == delimiter) | u8::from(byte == b'"') | u8::from(byte == b'\n') | u8::from(byte == b'\r')
    };
    text.iter().fold(0, |any, &byte| any | odd(byte)) == 0
}

/// Appends a cell.
#[inline(always)]
pub fn cell(text: &[u8], delimiter: u8, out: &mut Vec<u8>) {
    if is_clean(text, delimiter) {
        out.extend_from_slice(text);
    } else {
        quoted(text, out);
    }
}

/// Appends a cell in quotes.
#[cold]
pub fn quoted(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    doubled(text, out);
    out.push(b'"');
}

/// Appends a text with its quotes doubled.
pub fn doubled(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'"', rest) {
        out.extend_from_slice(&rest[..=at]);
        out.push(b'"');
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}
