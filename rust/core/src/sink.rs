//! Sink: what blocks became, put in order and written.
//!
//! In: the output of blocks, in any order. Out: bytes in files or in memory, in the order of the source. Whoever brings
//! the block that is due writes it, and those that wait behind it, while others go on checking.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::batch::{Part, Receiver};
use crate::error::{Error, Result};
use crate::keep::Chunk;
use crate::report::{Kind, Kinds, Tally};
use crate::spill::Large;

/// What a block became.
#[derive(Debug, Default)]
pub struct Output {
    /// Accepted records, encoded.
    pub accepted: Vec<u8>,
    /// Rejects, encoded.
    pub rejects: Vec<u8>,
    /// The last reject, where its raw bytes are too large to hold.
    pub large: Option<Large>,
    /// Accepted records, kept.
    pub kept: Option<Chunk>,
    /// Errors that were worded one by one.
    pub errors: HashMap<Kind, Tally>,
    /// What is handed over at once.
    pub parts: Vec<Part>,
}

impl Output {
    /// Forgets the block and keeps the memory.
    pub fn clear(&mut self) {
        self.accepted.clear();
        self.rejects.clear();
        self.large = None;
        self.kept = None;
        self.errors.clear();
        self.parts.clear();
    }
}

/// Where the output goes.
pub struct Targets<'a> {
    /// Accepted records.
    pub accepted: Option<Box<dyn Write + Send + 'a>>,
    /// Rejects.
    pub rejects: Box<dyn Write + Send + 'a>,
    /// Who takes batches.
    pub receiver: Option<Receiver<'a>>,
    /// Accepted records that are kept.
    pub chunks: Vec<Chunk>,
    /// The kinds of errors so far.
    pub kinds: Kinds,
}

impl Targets<'_> {
    fn write(&mut self, output: &mut Output) -> Result<()> {
        if let Some(sink) = &mut self.accepted {
            put(sink, &output.accepted).map_err(|error| Error::write("output", error))?;
        }
        if let Some(receiver) = self.receiver.as_mut().filter(|_| !output.parts.is_empty()) {
            let mut parts = std::mem::take(&mut output.parts);
            if receiver.rejects {
                insert(&mut parts, output).map_err(|error| Error::write("rejects", error))?;
                output.rejects.clear();
            }
            (receiver.take)(parts)?;
        }
        let failed = |error| Error::write("rejects", error);
        match &mut output.large {
            None => put(&mut self.rejects, &output.rejects).map_err(failed)?,
            Some(large) => {
                let (before, after) = output.rejects.split_at(large.at);
                put(&mut self.rejects, before).map_err(failed)?;
                large.write(&mut self.rejects).map_err(failed)?;
                put(&mut self.rejects, after).map_err(failed)?;
            }
        }
        self.kinds.add(&mut output.errors);
        self.chunks.extend(output.kept.take().filter(|chunk| chunk.rows > 0));
        Ok(())
    }
}

/// Puts the raw bytes of the last reject of a block where they belong in the last part.
fn insert(parts: &mut [Part], output: &mut Output) -> io::Result<()> {
    if let (Some(last), Some(mut large)) = (parts.last_mut(), output.large.take()) {
        let after = last.rejects.split_off(last.rejects.len() - (output.rejects.len() - large.at));
        large.write(&mut last.rejects)?;
        last.rejects.extend_from_slice(&after);
    }
    Ok(())
}

fn put(sink: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
    if bytes.is_empty() { Ok(()) } else { sink.write_all(bytes) }
}

struct State<'a> {
    next: u64,
    waiting: BTreeMap<u64, Output>,
    free: Vec<Output>,
    /// None while somebody is writing.
    targets: Option<Targets<'a>>,
    failed: bool,
}

/// Puts the output of blocks in order.
pub struct Committer<'a> {
    state: Mutex<State<'a>>,
    written: Condvar,
    most: AtomicUsize,
}

impl<'a> Committer<'a> {
    /// Writes into `targets`; holds one block that is not due yet.
    #[must_use]
    pub fn new(targets: Targets<'a>) -> Self {
        let state =
            State { next: 0, waiting: BTreeMap::new(), free: Vec::new(), targets: Some(targets), failed: false };
        Self { state: Mutex::new(state), written: Condvar::new(), most: AtomicUsize::new(1) }
    }

    /// Holds at most `most` blocks that are not due yet.
    pub fn hold(&self, most: usize) {
        self.most.store(most, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the output of a block and gives back an empty one. `waiting` is called while there is no room.
    pub fn commit(&self, sequence: u64, output: Output, waiting: &dyn Fn() -> Result<()>) -> Result<Output> {
        let mut state = self.lock();
        while state.waiting.len() >= self.most.load(Ordering::Relaxed) && sequence != state.next && !state.failed {
            state =
                self.written.wait_timeout(state, Duration::from_millis(20)).unwrap_or_else(PoisonError::into_inner).0;
            drop(state);
            waiting()?;
            state = self.lock();
        }
        state.waiting.insert(sequence, output);
        while let Some(mut targets) = state.targets.take() {
            let due = state.next;
            let Some(mut output) = state.waiting.remove(&due) else {
                state.targets = Some(targets);
                break;
            };
            drop(state);
            let result = targets.write(&mut output);
            output.clear();
            state = self.lock();
            state.targets = Some(targets);
            state.failed |= result.is_err();
            result?;
            state.next += 1;
            state.free.push(output);
            self.written.notify_all();
        }
        Ok(state.free.pop().unwrap_or_default())
    }

    /// Gives the targets back, when every block was committed.
    pub fn finish(self) -> Result<Targets<'a>> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        state.targets.ok_or_else(|| Error::Panic("the sink was lost".into()))
    }
}
