//! The job: the stages, called in order.
//!
//! ```text
//! bytes → split → cells → check → transform → encode → sink
//!                   └ unsure → Pydantic ┘        └ rejects, report
//! ```
//!
//! Every thread does the same: under a lock it reads and splits the next block, then without one it checks and
//! encodes it, then hands it to the committer, which writes blocks in order. The caller's thread is one of them; the
//! others start when the source turns out to be larger than one block. So the reader is never a thread of its own, the
//! load is even, and each thread keeps using its own buffers.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::thread::Builder;
use std::time::Duration;

use crate::batch::{Receiver, cut};
use crate::check::work::Input;
use crate::check::{ask, column};
use crate::compiled::{Compiled, Nulls};
use crate::encode::{json, rows};
use crate::error::{Error, Result};
use crate::keep::{Chunk, dropped, keep};
use crate::oracle::Oracle;
use crate::plan::Job;
use crate::pool::Helpers;
use crate::reject::{self, Frame};
use crate::report::{Count, Counts, Kinds, Verdicts};
use crate::sink::{Committer, Targets};
use crate::source::{Progress, Reader, Source};
use crate::transform::transform;
use crate::verify::Shown;
use crate::worker::Worker;

/// How long the caller's thread sleeps while another reads.
const LONGEST_PAUSE: Duration = Duration::from_millis(2);

/// Longest block and longest record, in bytes: positions in a block are 32 bits and lengths 29, with room to grow.
const LARGEST: usize = 1 << 28;

/// Who watches a run: asked often, by any of its threads, whether to go on.
pub trait Observer: Sync {
    /// `bytes` were read so far. An error stops the run.
    fn tick(&self, bytes: u64) -> Result<()>;
}

/// Where the output of a run goes.
pub struct Outputs<'a> {
    /// Accepted records; None: they are kept.
    pub accepted: Option<Box<dyn Write + Send + 'a>>,
    /// Rejects.
    pub rejects: Box<dyn Write + Send + 'a>,
    /// Who takes records that are kept, batch by batch; None: the outcome has them all.
    pub receiver: Option<Receiver<'a>>,
}

/// What a run gives back.
#[derive(Debug)]
pub struct Outcome {
    /// For each source: its name, what was read, and the verdicts on its records.
    pub sources: Vec<(String, Progress, Verdicts)>,
    /// The first kinds of errors that occurred.
    pub errors: Vec<Count>,
    /// Errors of further kinds.
    pub further_errors: u64,
    /// Accepted records, where they are kept.
    pub chunks: Vec<Chunk>,
    /// Cells that went to Pydantic.
    pub asked_cells: u64,
    /// Records that went to Pydantic.
    pub asked_records: u64,
    /// Records that were compared with Pydantic's verdict.
    pub verified_records: u64,
}

/// What all threads of a run share.
struct Run<'a> {
    job: &'a Job,
    plans: Arc<[Compiled]>,
    nulls: Nulls,
    /// Whether rejects are handed over with the batch that they are of.
    rejects_in_batches: bool,
    oracle: &'a dyn Oracle,
    observer: &'a dyn Observer,
    reader: Mutex<Reader<'a>>,
    committer: Committer<'a>,
    /// For each source, its name as a JSON string and its plan.
    sources: Vec<(Vec<u8>, usize)>,
    bytes: AtomicU64,
    cancelled: &'a AtomicBool,
    failure: Mutex<Option<Error>>,
}

/// Runs a job to its end. `cancelled` becomes true when a thread fails; whoever blocks elsewhere should look at it.
pub fn run<'a>(
    job: &'a Job,
    sources: Vec<Source<'a>>,
    outputs: Outputs<'a>,
    oracle: &'a dyn Oracle,
    observer: &'a dyn Observer,
    cancelled: &'a AtomicBool,
) -> Result<Outcome> {
    run_compiled(job, compile(job)?, sources, outputs, oracle, observer, cancelled)
}

/// Makes the plans of a job ready, for as many runs as are wanted.
pub fn compile(job: &Job) -> Result<Arc<[Compiled]>> {
    for (setting, bytes) in [("block_bytes", job.block_bytes), ("max_record_bytes", job.max_record_bytes)] {
        if !(1..=LARGEST).contains(&bytes) {
            return Err(Error::Plan(format!("{setting} is {bytes}, and must be from 1 to {LARGEST}")));
        }
    }
    job.plans.iter().map(|plan| Compiled::new(plan, job)).collect()
}

/// As [`run`], with what [`compile`] made of the job.
pub fn run_compiled<'a>(
    job: &'a Job,
    plans: Arc<[Compiled]>,
    sources: Vec<Source<'a>>,
    outputs: Outputs<'a>,
    oracle: &'a dyn Oracle,
    observer: &'a dyn Observer,
    cancelled: &'a AtomicBool,
) -> Result<Outcome> {
    if sources.iter().any(|source| source.plan >= plans.len()) {
        return Err(Error::Plan("a source is bound to a plan that is not there".into()));
    }
    let names: Vec<String> = sources.iter().map(|source| source.name.clone()).collect();
    let quoted = |source: &Source<'_>| {
        let mut name = Vec::new();
        json::string(source.name.as_bytes(), &mut name);
        (name, source.plan)
    };
    let part_of_batches = outputs.receiver.as_ref().is_some_and(|receiver| receiver.rejects);
    let targets = Targets {
        accepted: outputs.accepted,
        rejects: outputs.rejects,
        receiver: outputs.receiver,
        chunks: Vec::new(),
        kinds: Kinds::new(Arc::clone(&plans), job.most_kinds),
    };
    let run = Run {
        job,
        plans,
        nulls: Nulls::new(&job.null_values),
        rejects_in_batches: part_of_batches,
        oracle,
        observer,
        sources: sources.iter().map(quoted).collect(),
        reader: Mutex::new(Reader::new(sources, job.block_bytes)),
        committer: Committer::new(targets),
        bytes: AtomicU64::new(0),
        cancelled,
        failure: Mutex::new(None),
    };
    let counts = run.threads();
    run.outcome(names, &counts)
}

impl Run<'_> {
    /// Works on the caller's thread, and on others where there is more than one block.
    fn threads(&self) -> Counts {
        let mut mine = Worker::take();
        let one = self.guarded(|| self.step(&mut mine, true).map(|more| !more || self.finished()));
        let helpers = if one == Some(false) { Helpers::borrow(self.job.workers) } else { Helpers::none() };
        if helpers.count() == 0 {
            return if one.is_some() { self.work(mine, true) } else { mine.counts };
        }
        self.committer.hold(2 * helpers.count() + 2);
        let mut counts = std::mem::take(&mut mine.counts);
        std::thread::scope(|scope| {
            // Where the system has no more threads, those that there are do the work.
            let spawn = |_| Builder::new().spawn_scoped(scope, || self.work(Worker::take(), false)).ok();
            let others: Vec<_> = (0..helpers.count()).map_while(spawn).collect();
            counts.merge(self.work(mine, true));
            for other in others {
                match other.join() {
                    Ok(theirs) => counts.merge(theirs),
                    Err(_) => self.fail(Error::Panic("a worker died".into())),
                }
            }
        });
        counts
    }

    /// Whether the source was read to its end.
    fn finished(&self) -> bool {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner).finished()
    }

    fn work(&self, mut worker: Worker, caller: bool) -> Counts {
        loop {
            match self.guarded(|| self.step(&mut worker, caller)) {
                Some(true) => {}
                Some(false) => {
                    let counts = std::mem::take(&mut worker.counts);
                    worker.give_back();
                    return counts;
                }
                // What a step left behind when it failed is nothing to begin with.
                None => return worker.counts,
            }
        }
    }

    /// Runs a step; keeps the first failure, panics included, and stops everybody.
    fn guarded(&self, step: impl FnOnce() -> Result<bool>) -> Option<bool> {
        let error = match catch_unwind(AssertUnwindSafe(step)) {
            Ok(Ok(more)) => return Some(more),
            Ok(Err(error)) => error,
            Err(payload) => {
                let text = payload.downcast_ref::<&str>().map(ToString::to_string);
                let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
                Error::Panic(text.unwrap_or_else(|| "without a message".to_owned()))
            }
        };
        self.fail(error);
        None
    }

    fn fail(&self, error: Error) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*failure, None | Some(Error::Cancelled)) {
            *failure = Some(error);
        }
        self.cancelled.store(true, Ordering::Release);
    }

    fn go_on(&self) -> Result<()> {
        if self.cancelled.load(Ordering::Acquire) {
            return Err(Error::Cancelled);
        }
        self.observer.tick(self.bytes.load(Ordering::Relaxed))
    }

    /// One block, from bytes to sink. Returns false when there is none left.
    fn step(&self, worker: &mut Worker, caller: bool) -> Result<bool> {
        self.go_on()?;
        if !self.read(worker, caller)? {
            worker.verifier.compare(self.oracle)?;
            worker.counts.verified_records = worker.verifier.compared;
            return Ok(false);
        }
        self.check(worker)?;
        self.encode(worker);
        // What is written should be in the processor's cache still: rejects are many times larger than their records.
        let written = worker.output.accepted.len() + worker.output.rejects.len();
        worker.block.halved = if written / 4 > worker.block.len { 2 } else { 0 };
        let output = std::mem::take(&mut worker.output);
        worker.output = self.committer.commit(worker.block.sequence, output, &|| self.go_on())?;
        Ok(true)
    }

    /// Reads and splits the next block. The caller's thread never waits without looking at signals.
    fn read(&self, worker: &mut Worker, caller: bool) -> Result<bool> {
        let mut pause = Duration::from_micros(20);
        let mut reader = loop {
            if !caller {
                break self.reader.lock().unwrap_or_else(PoisonError::into_inner);
            }
            match self.reader.try_lock() {
                Ok(reader) => break reader,
                Err(TryLockError::Poisoned(poisoned)) => break poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => {
                    std::thread::sleep(pause);
                    // Splitting a block takes less than the first pause; waiting for a pipe may take for ever.
                    pause = (2 * pause).min(LONGEST_PAUSE);
                    self.go_on()?;
                }
            }
        };
        let more = reader.fill(&mut worker.block)?;
        self.bytes.store(reader.bytes(), Ordering::Relaxed);
        Ok(more)
    }

    fn check(&self, worker: &mut Worker) -> Result<()> {
        let Worker { block, work, verifier, .. } = worker;
        let number = self.sources[block.source].1;
        let plan = &self.plans[number];
        if plan.lookups.is_none() {
            column::faults(block, plan.columns.len());
        }
        work.keep = self.job.accepted_format.is_none();
        work.format = self.job.accepted_format;
        work.begin(block.rows.rows.len(), plan.fields.len());
        let input = Input { block, plan, number, nulls: &self.nulls, oracle: self.oracle };
        column::check(&input, work)?;
        transform(&input, work);
        ask::ask(&input, work)?;
        if self.job.verify > 0 {
            let shown = Shown { plan, number, nulls: &self.nulls, oracle: self.oracle };
            verifier.take(block, work, &shown, self.job.verify)?;
        }
        Ok(())
    }

    fn encode(&self, worker: &mut Worker) {
        let Worker { block, work, output, counts, .. } = worker;
        let (name, number) = &self.sources[block.source];
        let plan = &self.plans[*number];
        let accepted = match self.job.accepted_format {
            Some(format) => rows::encode(block, plan, work, format, &mut output.accepted),
            None if self.job.batch > 0 => 0,
            None => output.kept.insert(keep(block, *number, plan, work, 0..work.states.len())).rows as u64,
        };
        let frame =
            Frame { source: name, format: self.job.rejects_format, max_record_bytes: self.job.max_record_bytes };
        let spilled = block.spilled.take();
        let mut rejected = 0;
        if accepted < work.states.len() as u64 {
            let input = Input { block, plan, number: *number, nulls: &self.nulls, oracle: self.oracle };
            (rejected, output.large) = reject::write(&input, work, &frame, spilled, counts, &mut output.rejects);
            std::mem::swap(&mut counts.errors, &mut output.errors);
        }
        if self.job.accepted_format.is_none() {
            self.oracle.forget(&dropped(plan, work));
        }
        if self.job.batch > 0 {
            let rejects = if self.rejects_in_batches { &output.rejects[..] } else { &[] };
            output.parts = cut(block, *number, plan, work, self.job.batch, rejects);
        }
        let accepted = accepted + output.parts.iter().map(|part| part.verdicts.accepted).sum::<u64>();
        let filtered = work.states.len() as u64 - accepted - rejected;
        counts.block(block.source, Verdicts { accepted, rejected, filtered });
        counts.asked_cells += work.asked_cells;
        counts.asked_records += work.asked.len() as u64;
    }

    fn outcome(self, names: Vec<String>, counts: &Counts) -> Result<Outcome> {
        if let Some(error) = self.failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        let mut targets = self.committer.finish()?;
        let flushed = |sink: &'static str| move |error| Error::Write { sink, error };
        if let Some(accepted) = &mut targets.accepted {
            accepted.flush().map_err(flushed("output"))?;
        }
        targets.rejects.flush().map_err(flushed("rejects"))?;
        let reader = self.reader.into_inner().unwrap_or_else(PoisonError::into_inner);
        let sources = names
            .into_iter()
            .zip(reader.counts())
            .enumerate()
            .map(|(at, (name, progress))| (name, progress.clone(), counts.verdicts(at)));
        let sources = sources.collect();
        let &Counts { asked_cells, asked_records, verified_records, .. } = counts;
        let (errors, further_errors) = targets.kinds.counts(counts, self.job.most_kinds);
        let chunks = targets.chunks;
        Ok(Outcome { sources, errors, further_errors, chunks, asked_cells, asked_records, verified_records })
    }
}
