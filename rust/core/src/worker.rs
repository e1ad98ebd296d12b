//! Worker: the buffers of one thread, which outlive the run that they were made for.
//!
//! First touch of fresh memory costs more than checking a small source does, so the buffers of small runs are kept and
//! given to the next ones: a few for the whole process, none of them large. They hold no records of anybody by then, and
//! nothing of a run that failed is kept.

use std::sync::Mutex;

use crate::check::work::Work;
use crate::pool::processors;
use crate::report::Counts;
use crate::sink::Output;
use crate::split::Block;
use crate::verify::Verifier;

/// Most bytes of buffers that are kept of one worker.
const MOST_BYTES: usize = 4 << 20;

/// Never waited for: in a forked process it may be locked by a thread that did not come with it.
static SPARE: Mutex<Vec<Worker>> = Mutex::new(Vec::new());

/// What one thread works with.
#[derive(Default)]
pub struct Worker {
    /// What is read.
    pub block: Block,
    /// What checking it comes to.
    pub work: Work,
    /// What it becomes.
    pub output: Output,
    /// What was counted.
    pub counts: Counts,
    /// What is to be compared.
    pub verifier: Verifier,
}

impl Worker {
    /// A worker whose buffers may have been used before.
    #[must_use]
    pub fn take() -> Self {
        SPARE.try_lock().ok().and_then(|mut spare| spare.pop()).unwrap_or_default()
    }

    /// Keeps the buffers for another run, where they are small and few are kept already.
    pub fn give_back(mut self) {
        if self.bytes() > MOST_BYTES {
            return;
        }
        self.block.forget();
        self.work.forget();
        self.output.clear();
        let kept = Self { block: self.block, work: self.work, output: self.output, ..Self::default() };
        if let Ok(mut spare) = SPARE.try_lock()
            && spare.len() < processors()
        {
            spare.push(kept);
        }
    }

    /// About how many bytes the buffers have.
    fn bytes(&self) -> usize {
        let Self { block, work, output, .. } = self;
        block.bytes_held() + work.bytes_held() + output.accepted.capacity() + output.rejects.capacity()
    }
}
