//! Hopes: whether a shortcut is worth a try, going by the lines before: kernels were asked in vain otherwise.

/// What came of the last tries.
#[derive(Debug, Default)]
pub struct Hopes {
    /// Lines one after another that did not go the short way.
    failures: u32,
    /// Lines of which it is not tried to find out.
    pause: u32,
}

impl Hopes {
    /// The longest pause is two to this power.
    const MOST: u32 = 5;

    /// Whether a line is worth a try.
    #[inline(always)]
    pub fn now(&mut self) -> bool {
        let now = self.pause == 0;
        self.pause = self.pause.saturating_sub(1);
        now
    }

    /// What came of a try.
    #[inline(always)]
    pub fn after(&mut self, good: bool) {
        self.failures = if good { 0 } else { Self::MOST.min(self.failures + 1) };
        // One alone means nothing.
        self.pause = if self.failures < 2 { 0 } else { 1 << self.failures };
    }
}
