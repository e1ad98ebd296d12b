//! Appending short texts quickly: whole vectors are copied, and what is too much is overwritten by the next text.
//!
//! Calling `memcpy` for a cell of eight bytes costs more than the copy. A test holds this against the obvious way.

use std::mem::MaybeUninit;

pub use super::pen::Pen;

/// Bytes that may be read behind the end of a text and written behind the end of the output.
pub const SLACK: usize = 64;

/// A text that is no longer is copied without a call.
const SHORT: usize = 32;

/// A call costs less than to copy a longer text here.
const LONGEST: usize = 256;

/// A text with [`SLACK`] bytes behind its end, so that whole vectors may be read.
#[derive(Debug, Clone)]
pub struct Padded(Vec<u8>);

impl Padded {
    /// Adds what is read behind the end.
    #[must_use]
    pub fn new(mut text: Vec<u8>) -> Self {
        text.resize(text.len() + SLACK, 0);
        Self(text)
    }

    /// The text.
    #[inline(always)]
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.0[..self.0.len() - SLACK]
    }

    /// Where the text begins; what is read behind its end is readable from here.
    #[inline(always)]
    pub(super) fn as_ptr(&self) -> *const u8 {
        self.0.as_ptr()
    }

    /// How long the text is.
    #[inline(always)]
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len() - SLACK
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Changes a byte of the text in place.
    #[inline(always)]
    pub fn get_mut(&mut self, at: usize) -> Option<&mut u8> {
        self.0.get_mut(at)
    }
}

impl Default for Padded {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

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

    /// Appends `text`.
    #[inline(always)]
    pub fn put(&mut self, text: &[u8]) {
        self.room(text.len());
        // SAFETY: room was made.
        unsafe { self.put_within(text) };
    }

    /// Appends `text`, and reads nothing behind its end.
    ///
    /// # Safety
    /// There must be room for it: see [`Self::room`].
    #[inline(always)]
    pub unsafe fn put_within(&mut self, text: &[u8]) {
        debug_assert!(self.len + text.len() + SLACK <= self.out.capacity());
        // SAFETY: there is room by this function's contract. The pieces lie within the text and cover it, the last one
        // overlapping the one before.
        unsafe { whole(text.as_ptr(), self.out.as_mut_ptr().add(self.len), text.len()) };
        self.len += text.len();
    }

    /// Makes room for `bytes` and gives a pen that writes there; [`Self::forward`] takes in what it wrote.
    #[inline(always)]
    pub fn pen(&mut self, bytes: usize) -> Pen {
        self.room(bytes);
        // SAFETY: the output goes on to its capacity.
        Pen::at(unsafe { self.out.as_mut_ptr().add(self.len) })
    }

    /// Makes room for `bytes` from where `pen` stands.
    ///
    /// # Safety
    /// As [`Self::forward`].
    #[inline(always)]
    pub unsafe fn make(&mut self, pen: &mut Pen, bytes: usize) {
        let left = self.out.as_ptr() as usize + self.out.capacity() - pen.place() as usize;
        if left < bytes + SLACK {
            // SAFETY: by this function's contract.
            unsafe { self.forward(pen) };
            *pen = self.pen(bytes);
        }
    }

    /// Counts what was written with `pen`.
    ///
    /// # Safety
    /// It must be the last one that [`Self::pen`] gave, and have kept within its room.
    #[inline(always)]
    pub unsafe fn forward(&mut self, pen: &Pen) {
        // SAFETY: by this function's contract the pen stands in the output, at or after its end.
        let len = unsafe { pen.place().offset_from(self.out.as_ptr()) };
        debug_assert!(len >= self.len.cast_signed() && len <= self.out.capacity().cast_signed());
        self.len = len.cast_unsigned();
    }

    /// Appends `from[start..start + len]`.
    ///
    /// # Safety
    /// There must be room for `len` bytes: see [`Self::room`]. `from` must have capacity for [`SLACK`] bytes behind
    /// `start + len`, whatever they hold.
    #[inline(always)]
    pub unsafe fn copy(&mut self, from: *const u8, start: usize, len: usize) {
        debug_assert!(self.len + len + SLACK <= self.out.capacity());
        // SAFETY: by this function's contract 32 bytes may be read behind the text, and by that of `room` 32 may
        // be written behind the output. They are copied without being looked at, so they may be anything.
        unsafe {
            let source = from.add(start);
            let target = self.out.as_mut_ptr().add(self.len);
            if len <= SHORT {
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

/// Copies a text by whole vectors, or by halves that overlap where it is shorter than one.
///
/// # Safety
/// `len` bytes must be readable at `source` and writable at `target`, and they must not overlap.
#[inline(always)]
pub(super) unsafe fn whole(source: *const u8, target: *mut u8, len: usize) {
    // SAFETY: every piece lies within the first `len` bytes of both.
    unsafe {
        match len {
            0 => {}
            1..4 => {
                let (first, middle, last) = (*source, *source.add(len / 2), *source.add(len - 1));
                *target = first;
                *target.add(len / 2) = middle;
                *target.add(len - 1) = last;
            }
            4..8 => halves::<u32>(source, target, len - 4),
            8..16 => halves::<u64>(source, target, len - 8),
            16..=LONGEST => {
                let mut at = 0;
                while at + 16 < len {
                    target.add(at).cast::<u128>().write_unaligned(source.add(at).cast::<u128>().read_unaligned());
                    at += 16;
                }
                let last = source.add(len - 16).cast::<u128>().read_unaligned();
                target.add(len - 16).cast::<u128>().write_unaligned(last);
            }
            _ => std::ptr::copy_nonoverlapping(source, target, len),
        }
    }
}

/// # Safety
/// As [`whole`]: a `T` at the beginning and one at `last` must lie within both.
#[inline(always)]
unsafe fn halves<T>(source: *const u8, target: *mut u8, last: usize) {
    // SAFETY: by this function's contract.
    unsafe {
        let (first, second) = (source.cast::<T>().read_unaligned(), source.add(last).cast::<T>().read_unaligned());
        target.cast::<T>().write_unaligned(first);
        target.add(last).cast::<T>().write_unaligned(second);
    }
}

impl Drop for Writer<'_> {
    fn drop(&mut self) {
        self.sync();
    }
}

#[cfg(test)]
mod tests {
    use super::{Padded, SLACK, Writer};

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

    #[test]
    fn puts_what_the_obvious_way_puts() {
        let from: Vec<u8> = (0..=255).cycle().take(600).collect();
        let (mut fast, mut plain) = (vec![7], vec![7]);
        let mut writer = Writer::new(&mut fast);
        for len in 0..from.len() {
            let text = &from[from.len() - len..];
            writer.put(text);
            let mut pen = writer.pen(2 * len + 9);
            // SAFETY: room was made for them.
            unsafe {
                pen.padded(&Padded::new(text.to_vec()));
                pen.put(text);
                pen.vector(b"0123456789abcdef", 9);
                writer.forward(&pen);
            }
            for text in [text, text, text, b"012345678"] {
                plain.extend_from_slice(text);
            }
        }
        drop(writer);
        assert_eq!(fast, plain);
    }
}
