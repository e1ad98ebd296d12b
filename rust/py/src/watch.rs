//! Watch: signals and progress, looked at on the caller's thread only, a few times a second.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{ThreadId, current};
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use thresher_core::error::{Error, Result};
use thresher_core::job::Observer;

use crate::Exceptions;

const PAUSE: Duration = Duration::from_millis(50);

/// Watches a run for its caller.
pub(crate) struct Watch<'a> {
    caller: ThreadId,
    last: Mutex<Instant>,
    exceptions: &'a Exceptions,
    cancelled: &'a AtomicBool,
    progress: Option<Py<PyAny>>,
    /// Bytes that were read, as far as was told.
    bytes: AtomicU64,
}

impl<'a> Watch<'a> {
    /// Watches a run that is called from this thread.
    pub fn new(exceptions: &'a Exceptions, cancelled: &'a AtomicBool, progress: Option<Py<PyAny>>) -> Self {
        Self {
            caller: current().id(),
            last: Mutex::new(Instant::now()),
            exceptions,
            cancelled,
            progress,
            bytes: AtomicU64::new(0),
        }
    }

    /// Whether to go on waiting for bytes: nobody failed, and the user did not interrupt.
    pub fn go_on(&self) -> Result<()> {
        if self.cancelled.load(Ordering::Acquire) {
            return Err(Error::Cancelled);
        }
        self.look()
    }

    fn look(&self) -> Result<()> {
        if current().id() != self.caller {
            return Ok(());
        }
        {
            let Ok(mut last) = self.last.try_lock() else {
                return Ok(());
            };
            if last.elapsed() < PAUSE {
                return Ok(());
            }
            *last = Instant::now();
        }
        let called = Python::attach(|py| {
            py.check_signals()?;
            // Also where nothing is read: whoever watches may want the run to stop.
            match &self.progress {
                Some(progress) => progress.call1(py, (self.bytes.load(Ordering::Relaxed),)).map(drop),
                None => Ok(()),
            }
        });
        called.map_err(|error| self.exceptions.keep(error))
    }
}

impl Observer for Watch<'_> {
    fn tick(&self, bytes: u64) -> Result<()> {
        self.bytes.store(bytes, Ordering::Relaxed);
        self.look()
    }
}
