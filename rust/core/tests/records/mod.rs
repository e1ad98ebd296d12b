//! What the tests of tables share: bytes in hexadecimal, and the bytes of records that are too large to hold.

use std::io::{Read, Seek};

use thresher_core::split::Block;

/// The bytes that pairs of hexadecimal digits stand for.
pub fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    let nibble = |b: u8| char::from(b).to_digit(16).expect("a hexadecimal digit") as u8;
    digits.chunks(2).map(|pair| nibble(pair[0]) << 4 | nibble(pair[1])).collect()
}

/// The bytes of the last row of a block, where they are in a file.
pub fn spilled_bytes(block: &mut Block) -> Option<Vec<u8>> {
    let mut spilled = block.spilled.take()?;
    spilled.file.rewind().expect("a file can be rewound");
    let mut bytes = Vec::new();
    spilled.file.read_to_end(&mut bytes).expect("a file can be read");
    assert_eq!(bytes.len() as u64, spilled.len);
    Some(bytes)
}
