//! Appending short texts quickly: whole vectors are copied, and what is too much is overwritten by the next text.
//!
//! Calling `memcpy` for a cell of eight bytes costs more than the copy. A test holds this against the obvious way.

use std::mem::MaybeUninit;

/// Bytes that may be read behind the end of a text and written behind the end of the output.
pub const SLACK: usize = 32;

/// Output under construction. Room is made once a row; appending within it checks nothing.
pub struct Writer<'a> {
    out: &'a mut Vec<u8>,
    len: usize,
}

impl<'a> Writer<'a> {
    /// Appends to `out`.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        let len = out.len();
        Self { out, len }
    }

    /// Makes room for `bytes` more.
    #[inline(always)]
    pub fn room(&mut self, bytes: usize) {
        if self.out.capacity() - self.len < bytes + SLACK {
            self.grow(bytes);
        }
    }

    #[cold]
    fn grow(&mut self, bytes: usize) {
        self.sync();
        self.out.reserve(bytes + SLACK);
    }

    /// Tells the vector how long it is.
    #[inline(always)]
    fn sync(&mut self) {
        // SAFETY: every byte before `len` was written, and `len` never passes the capacity (see `push` and `copy`).
        unsafe { self.out.set_len(self.len) };
    }

    /// The vector, for whatever appends to it in the ordinary way.
    #[inline(always)]
    pub fn vec<R>(&mut self, append: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        self.sync();
        let result = append(self.out);
        self.len = self.out.len();
        result
    }

    /// Appends one byte.
    ///
    /// # Safety
    /// There must be room for it: see [`Self::room`].
    #[inline(always)]
    pub unsafe fn push(&mut self, byte: u8) {
        debug_assert!(self.len < self.out.capacity());
        // SAFETY: there is room by this function's contract.
        unsafe { self.out.as_mut_ptr().add(self.len).write(byte) };
        self.len += 1;
    }

    /// Appends `from[start..start + len]`.
    ///
    /// # Safety
    /// There must be room for `len` bytes: see [`Self::room`]. `from` must have capacity for [`SLACK`] bytes behind
    /// `start + len`, whatever they hold.
    #[inline(always)]
    pub unsafe fn copy(&mut self, from: *const u8, start: usize, len: usize) {
        debug_assert!(self.len + len + SLACK <= self.out.capacity());
        // SAFETY: by this function's contract up to 32 bytes may be read behind the text, and by that of `room` up
        // to 32 may be written behind the output. They are copied without being looked at, so they may be anything.
        unsafe {
            let source = from.add(start);
            let target = self.out.as_mut_ptr().add(self.len);
            if len <= SLACK {
                let source = source.cast::<[MaybeUninit<u8>; 16]>();
                let target = target.cast::<[MaybeUninit<u8>; 16]>();
                target.write_unaligned(source.read_unaligned());
                if len > 16 {
                    target.add(1).write_unaligned(source.add(1).read_unaligned());
                }
            } else {
                std::ptr::copy_nonoverlapping(source, target, len);
            }
        }
        self.len += len;
    }
}

impl Drop for Writer<'_> {
    fn drop(&mut self) {
        self.sync();
    }
}

#[cfg(test)]
mod tests {
    use super::{SLACK, Writer};

    #[test]
    fn copies_what_the_obvious_way_copies() {
        let mut from: Vec<u8> = (0..200).collect();
        from.reserve(SLACK);
        let (mut fast, mut plain) = (vec![7], vec![7]);
        for start in [0, 1, 15, 100] {
            for len in 0..100 {
                let mut writer = Writer::new(&mut fast);
                writer.room(len + 1);
                // SAFETY: room was made, and `from` has slack behind its end.
                unsafe {
                    writer.copy(from.as_ptr(), start, len);
                    writer.push(b'|');
                }
                drop(writer);
                plain.extend_from_slice(&from[start..start + len]);
                plain.push(b'|');
            }
        }
        assert_eq!(fast, plain);
    }
}
