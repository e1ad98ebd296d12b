//! The ways in which a double is written: as pydantic-core and msgspec write JSON, and as Python's `repr`.

use std::mem::MaybeUninit;

/// How a double is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As JSON: `1e+16`, `0.00001`, `null` for what JSON has no number for.
    Json,
    /// As msgspec writes JSON: `1e16`, `0.00001`, `null`.
    Msgspec,
    /// As Python's `repr`: `1e+16`, `1e-05`, `nan`, `inf`.
    Repr,
}

/// Appends the shortest digits that give back `value`.
pub fn write(value: f64, style: Style, out: &mut Vec<u8>) {
    if !value.is_finite() {
        let text: &[u8] = match style {
            Style::Json | Style::Msgspec => b"null",
            Style::Repr if value.is_nan() => b"nan",
            Style::Repr if value < 0.0 => b"-inf",
            Style::Repr => b"inf",
        };
        out.extend_from_slice(text);
        return;
    }
    let mut padded = Padded { buffer: zmij::Buffer::new(), _slack: [0; 8] };
    let base = (&raw const padded).cast::<u8>();
    let text = padded.buffer.format_finite(value);
    if style == Style::Msgspec && (value.abs() >= 1e16) {
        let (mantissa, exponent) = text.split_once("e+").unwrap_or((text, ""));
        for part in [mantissa, "e", exponent] {
            out.extend_from_slice(part.as_bytes());
        }
        return;
    }
    // Where neither has an exponent, both are the same.
    if style != Style::Repr || value == 0.0 || (1e-4..1e16).contains(&value.abs()) {
        if text.as_ptr() == base {
            let len = text.len();
            append(&padded, len, out);
        } else {
            out.extend_from_slice(text.as_bytes());
        }
    } else {
        repr(text, out);
    }
}

/// A buffer of digits that is copied whole: a copy of a fixed size costs less than one of the length of the text.
#[repr(C)]
struct Padded {
    buffer: zmij::Buffer,
    _slack: [u8; 8],
}

/// Appends the first `len` bytes of a buffer.
#[inline(always)]
fn append(padded: &Padded, len: usize, out: &mut Vec<u8>) {
    type Whole = [MaybeUninit<u8>; size_of::<Padded>()];
    out.reserve(size_of::<Whole>());
    let end = out.len();
    // SAFETY: there is room for the whole buffer, which is copied without being looked at; its first `len` bytes, 24 at
    // most, are the digits: the caller has seen that the text begins where its buffer begins.
    unsafe {
        let source = std::ptr::from_ref(padded).cast::<Whole>();
        out.as_mut_ptr().add(end).cast::<Whole>().write_unaligned(source.read_unaligned());
        out.set_len(end + len);
    }
}

/// Python uses an exponent below 1e-4 and pads it to two digits.
#[cold]
fn repr(text: &str, out: &mut Vec<u8>) {
    if let Some((mantissa, exponent)) = text.split_once('e') {
        let (sign, digits) = match exponent.strip_prefix('-') {
            Some(digits) => ('-', digits),
            None => ('+', exponent.trim_start_matches('+')),
        };
        let pad = if digits.len() < 2 { "0" } else { "" };
        for part in [mantissa, "e", if sign == '-' { "-" } else { "+" }, pad, digits] {
            out.extend_from_slice(part.as_bytes());
        }
        return;
    }
    let (minus, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text),
    };
    let zeros = digits.len() - digits.trim_start_matches(['0', '.']).len();
    let significant = &digits[zeros..];
    // `0.0000123`: `zeros` counts the point and the zero before it too, so the exponent is one less.
    let exponent = zeros - 1;
    let (first, rest) = significant.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    for part in [minus, first, point, rest, "e-"] {
        out.extend_from_slice(part.as_bytes());
    }
    if exponent < 10 {
        out.push(b'0');
    }
    out.extend_from_slice(itoa::Buffer::new().format(exponent).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::{Style, write};

    #[test]
    fn both_styles() {
        for (value, json, repr) in [
            (1.0, "1.0", "1.0"),
            (-0.0, "-0.0", "-0.0"),
            (0.1 + 0.2, "0.30000000000000004", "0.30000000000000004"),
            (1e15, "1000000000000000.0", "1000000000000000.0"),
            (1e16, "1e+16", "1e+16"),
            (1.5e22, "1.5e+22", "1.5e+22"),
            (0.0001, "0.0001", "0.0001"),
            (0.00001, "0.00001", "1e-05"),
            (-0.000_012_3, "-0.0000123", "-1.23e-05"),
            (1e-7, "1e-7", "1e-07"),
            (5e-324, "5e-324", "5e-324"),
            (f64::NAN, "null", "nan"),
            (f64::NEG_INFINITY, "null", "-inf"),
        ] {
            for (style, expected) in [(Style::Json, json), (Style::Repr, repr)] {
                let mut out = Vec::new();
                write(value, style, &mut out);
                assert_eq!(String::from_utf8_lossy(&out), expected);
            }
        }
    }
}
