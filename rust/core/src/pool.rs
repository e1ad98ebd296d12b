//! Pool: how many threads of this process may work beside their callers, over all runs at once.
//!
//! A run borrows what is free and works with less, or alone, where nothing is: a hundred runs at once never start
//! a hundred pools.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;

/// How many processors this process may use. Asked once: the answer takes reading several files of the system, which
/// is as long as a small run.
pub fn processors() -> usize {
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    *PROCESSORS.get_or_init(|| available_parallelism().map_or(1, std::num::NonZero::get))
}

static BORROWED: AtomicUsize = AtomicUsize::new(0);

/// Threads that were borrowed; given back when dropped.
#[derive(Debug)]
pub struct Helpers {
    count: usize,
    borrowed: bool,
}

impl Helpers {
    /// Threads beside the caller's for a run that asks for `workers` in all. 0: as many as there are processors, less
    /// those that other runs use. A number: exactly as many.
    #[must_use]
    pub fn borrow(workers: usize) -> Self {
        if workers > 0 {
            return Self { count: workers - 1, borrowed: false };
        }
        let limit = processors() - 1;
        let mut count = 0;
        let take = |used: usize| {
            count = limit.saturating_sub(used);
            (count > 0).then_some(used + count)
        };
        let borrowed = BORROWED.fetch_update(Ordering::AcqRel, Ordering::Acquire, take).is_ok();
        Self { count: if borrowed { count } else { 0 }, borrowed }
    }

    /// None at all.
    #[must_use]
    pub fn none() -> Self {
        Self { count: 0, borrowed: false }
    }

    /// How many.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }
}

impl Drop for Helpers {
    fn drop(&mut self) {
        if self.borrowed {
            BORROWED.fetch_sub(self.count, Ordering::AcqRel);
        }
    }
}
