//! JSON strings, escaped as pydantic-core does: quote, backslash and control characters, nothing else.

const ESCAPES: [u8; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 0x20 {
        table[i] = b'u';
        i += 1;
    }
    table[0x08] = b'b';
    table[0x09] = b't';
    table[0x0a] = b'n';
    table[0x0c] = b'f';
    table[0x0d] = b'r';
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table
};

/// Whether eight bytes hold one that has to be escaped: the classic bit trick, exact for "any at all".
#[inline(always)]
fn any_of_eight(word: u64) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let zero = |x: u64| x.wrapping_sub(ONES) & !x & HIGHS;
    let below = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
    (below | zero(word ^ (ONES * 0x22)) | zero(word ^ (ONES * 0x5c))) != 0
}

/// Whether `text` goes out as it is.
#[inline(always)]
#[must_use]
pub fn is_clean(text: &[u8]) -> bool {
    let mut words = text.chunks_exact(8);
    for word in &mut words {
        if any_of_eight(u64::from_le_bytes(word.try_into().unwrap_or_default())) {
            return false;
        }
    }
    words.remainder().iter().all(|&byte| ESCAPES[byte as usize] == 0)
}

/// Appends `text` as a JSON string, quotes included.
#[inline(always)]
pub fn string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    body(text, out);
    out.push(b'"');
}

/// Appends `text` as the inside of a JSON string.
#[inline(always)]
pub fn body(text: &[u8], out: &mut Vec<u8>) {
    if is_clean(text) {
        out.extend_from_slice(text);
    } else {
        escaped(text, out);
    }
}

#[cold]
fn escaped(text: &[u8], out: &mut Vec<u8>) {
    let mut begin = 0;
    for (i, &byte) in text.iter().enumerate() {
        let escape = ESCAPES[byte as usize];
        if escape == 0 {
            continue;
        }
        out.extend_from_slice(&text[begin..i]);
        begin = i + 1;
        if escape == b'u' {
            let hex = |nibble: u8| b"0123456789abcdef"[nibble as usize];
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', hex(byte >> 4), hex(byte & 15)]);
        } else {
            out.extend_from_slice(&[b'\\', escape]);
        }
    }
    out.extend_from_slice(&text[begin..]);
}

#[cfg(test)]
mod tests {
    use super::{ESCAPES, is_clean, string};

    #[test]
    fn every_byte_at_every_place() {
        for byte in 0..=255_u8 {
            for at in 0..20 {
                let mut text = [b'x'; 20];
                text[at] = byte;
                assert_eq!(is_clean(&text), ESCAPES[byte as usize] == 0, "{byte} at {at}");
            }
        }
    }

    #[test]
    fn as_serde_json_writes_it() {
        let all: String = (0..0x300).filter_map(char::from_u32).chain(['\u{2028}', '\u{1f600}']).collect();
        let mut out = Vec::new();
        string(all.as_bytes(), &mut out);
        assert_eq!(out, serde_json::to_vec(&all).expect("a string"));
    }
}
