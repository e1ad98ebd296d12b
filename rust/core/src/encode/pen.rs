//! Pen: writes short texts and numbers where room was made, one after another, and checks nothing.
//!
//! In: a place in an output that [`Writer::pen`](super::bytes::Writer::pen) made room at. It never makes room itself.

use std::mem::MaybeUninit;

use super::bytes::{Padded, whole};

/// Writes without looking whether there is room. What was written counts once the writer was told.
pub struct Pen {
    at: *mut u8,
}

impl Pen {
    /// A pen that writes at `at`.
    #[inline(always)]
    pub(super) fn at(at: *mut u8) -> Self {
        Self { at }
    }

    /// Where it writes next.
    #[inline(always)]
    pub(super) fn place(&self) -> *mut u8 {
        self.at
    }

    /// Appends `len` bytes from `text`.
    ///
    /// # Safety
    /// There must be room for them, and [`SLACK`](super::bytes::SLACK) bytes more must be readable behind them.
    #[inline(always)]
    pub unsafe fn text(&mut self, text: *const u8, len: usize) {
        // SAFETY: by this function's contract.
        unsafe { self.wide::<32>(text, len) };
    }

    /// Appends `len` bytes from `text`, `N` at a time: so there is nothing to be guessed about texts that are not longer.
    ///
    /// # Safety
    /// There must be room for them, and for all but [`SLACK`](super::bytes::SLACK) of `N` bytes more; `N` bytes more must
    /// be readable behind them.
    #[inline(always)]
    pub unsafe fn wide<const N: usize>(&mut self, text: *const u8, len: usize) {
        // SAFETY: a vector that begins within the text ends within what may be read and written behind it.
        unsafe {
            let mut at = 0;
            loop {
                let vector = text.add(at).cast::<[MaybeUninit<u8>; N]>().read_unaligned();
                self.at.add(at).cast::<[MaybeUninit<u8>; N]>().write_unaligned(vector);
                at += N;
                if at >= len {
                    break;
                }
            }
            self.at = self.at.add(len);
        }
    }

    /// Appends a text that has slack.
    ///
    /// # Safety
    /// There must be room for it.
    #[inline(always)]
    pub unsafe fn padded(&mut self, text: &Padded) {
        // SAFETY: by this function's contract, and that of `Padded`.
        unsafe { self.text(text.as_ptr(), text.len()) };
    }

    /// Appends a text that is known when this is compiled, or any other.
    ///
    /// # Safety
    /// There must be room for it.
    #[inline(always)]
    pub unsafe fn put(&mut self, text: &[u8]) {
        // SAFETY: by this function's contract.
        unsafe {
            whole(text.as_ptr(), self.at, text.len());
            self.at = self.at.add(text.len());
        }
    }

    /// Appends the digits of a number.
    ///
    /// # Safety
    /// There must be room for 20 of them.
    #[inline(always)]
    pub unsafe fn number(&mut self, number: u64) {
        const EIGHT: u64 = 100_000_000;
        // SAFETY: by this function's contract.
        unsafe {
            if number < EIGHT {
                self.some_digits(number);
            } else if number < EIGHT * EIGHT {
                self.some_digits(number / EIGHT);
                self.at.cast::<u64>().write_unaligned(ascii(number % EIGHT).to_le());
                self.at = self.at.add(8);
            } else {
                self.put(itoa::Buffer::new().format(number).as_bytes());
            }
        }
    }

    /// Appends the digits of a number that has at most eight.
    ///
    /// # Safety
    /// There must be room for eight of them.
    #[inline(always)]
    unsafe fn some_digits(&mut self, number: u64) {
        let digits = ascii(number);
        // The last one is written even where it is zero.
        let zeros = ((digits ^ ZEROS) | (1 << 56)).trailing_zeros() / 8;
        // SAFETY: by this function's contract.
        unsafe {
            self.at.cast::<u64>().write_unaligned((digits >> (8 * zeros)).to_le());
            self.at = self.at.add(8 - zeros as usize);
        }
    }

    /// Writes a vector `further` bytes from here.
    ///
    /// # Safety
    /// There must be room for it; up to [`SLACK`](super::bytes::SLACK) bytes may be written behind any room.
    #[inline(always)]
    pub unsafe fn vector_at(&self, vector: &[u8; 16], further: usize) {
        // SAFETY: by this function's contract.
        unsafe { self.at.add(further).cast::<[u8; 16]>().write_unaligned(*vector) };
    }

    /// Appends what was written by [`Self::vector_at`].
    ///
    /// # Safety
    /// So many bytes must have been written.
    #[inline(always)]
    pub unsafe fn skip(&mut self, count: usize) {
        // SAFETY: by this function's contract.
        unsafe { self.at = self.at.add(count) };
    }

    /// Appends the first `count` bytes of a vector, which is written whole.
    ///
    /// # Safety
    /// There must be room for them, and for all but [`SLACK`](super::bytes::SLACK) bytes of the vector: so many may be written behind any room.
    #[inline(always)]
    pub unsafe fn vector<const N: usize>(&mut self, vector: &[u8; N], count: usize) {
        // SAFETY: by this function's contract.
        unsafe {
            self.at.cast::<[u8; N]>().write_unaligned(*vector);
            self.at = self.at.add(count);
        }
    }
}

const ZEROS: u64 = 0x3030_3030_3030_3030;

/// The eight digits of a number, the first in the lowest byte: pairs of digits, then digits, are divided all at once.
#[inline(always)]
fn ascii(number: u64) -> u64 {
    let fours = (number / 10_000) | ((number % 10_000) << 32);
    // 10486 / 2^20 is a little more than a hundredth, and 103 / 2^10 than a tenth: exact for what stands there.
    let hundreds = ((fours * 10_486) >> 20) & 0x7f_0000_007f;
    let pairs = hundreds | ((fours - hundreds * 100) << 16);
    let tens = ((pairs * 103) >> 10) & 0xf_000f_000f_000f;
    (tens | ((pairs - tens * 10) << 8)) + ZEROS
}

#[cfg(test)]
mod tests {
    use crate::encode::bytes::Writer;

    #[test]
    fn digits_as_itoa_writes_them() {
        let (mut fast, mut plain) = (Vec::new(), String::new());
        let mut writer = Writer::new(&mut fast);
        let powers = (0..20).map(|power| 10_u64.pow(power)).flat_map(|power| [power - 1, power, power + 1]);
        let every = (0..10_000).map(|number| number * 10_000 + 9_999 - number);
        for number in powers.chain(every).chain(0..10_000).chain([12_345_678, 1_234_567_890_123_456, u64::MAX]) {
            let mut pen = writer.pen(20);
            // SAFETY: room was made.
            unsafe {
                pen.number(number);
                writer.forward(&pen);
            }
            plain.push_str(&number.to_string());
        }
        drop(writer);
        assert_eq!(fast, plain.into_bytes());
    }
}
