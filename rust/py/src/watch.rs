//! Watch: signals and progress, looked at on the caller's thread only, a few times a second.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
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
}

impl<'a> Watch<'a> {
    /// Watches a run that is called from this thread.
    pub fn new(exceptions: &'a Exceptions, cancelled: &'a AtomicBool, progress: Option<Py<PyAny>>) -> Self {
        Self { caller: current().id(), last: Mutex::new(Instant::now()), exceptions, cancelled, progress }
    }

    /// Whether to go on waiting for bytes: nobody failed, and the user did not interrupt.
    pub fn go_on(&self) -> Result<()> {
        if self.cancelled.load(Ordering::Acquire) {
            return Err(Error::Cancelled);
        }
        self.look(None)
    }

    fn look(&self, bytes: Option<u64>) -> Result<()> {
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
            match (&self.progress, bytes) {
                (Some(progress), Some(bytes)) => progress.call1(py, (bytes,)).map(drop),
                _ => Ok(()),
            }
        });
        called.map_err(|error| self.exceptions.keep(error))
    }
}

impl Observer for Watch<'_> {
    fn tick(&self, bytes: u64) -> Result<()> {
        self.look(Some(bytes))
    }
}
