//! Pool: how many threads of this process may work beside their callers, over all runs at once.
//!
//! A run borrows what is free and works with less, or alone, where nothing is: a hundred runs at once never start
//! a hundred pools.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;

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
        let limit = available_parallelism().map_or(1, std::num::NonZero::get) - 1;
        let mut count = 0;
        let take = |used: usize| {
            count = limit.saturating_sub(used);
            (count > 0).then_some(used + count)
        };
        let borrowed = BORROWED.fetch_update(Ordering::AcqRel, Ordering::Acquire, take).is_ok();
        Self { count: if borrowed { count } else { 0 }, borrowed }
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
