//! Sources and sinks of Python as readers and writers: descriptors, bytes, callables.

use std::io::{self, Cursor, Read, Write};
use std::os::fd::BorrowedFd;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyList;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::FileType;
use rustix::io::Errno;
use thresher_core::error::Error;
use thresher_core::plan::{Job, SourceFormat};
use thresher_core::source::{Descriptor, Source};
use thresher_core::split::{Dialect, ELEMENTS, LINES};

use crate::watch::Watch;
use crate::{Exceptions, failure};

/// The opened sources of a run.
pub(crate) struct Opened<'a> {
    /// In order.
    pub sources: Vec<Source<'a>>,
    /// Blank lines before the header of each.
    pub blank_lines: Vec<u64>,
}

/// Reads `thresher.engine.Source` objects.
pub(crate) fn open<'a>(
    sources: &Bound<'_, PyList>,
    job: &Job,
    exceptions: &'a Exceptions,
    watch: &'a Watch<'a>,
) -> PyResult<Opened<'a>> {
    let mut opened = Opened { sources: Vec::with_capacity(sources.len()), blank_lines: Vec::new() };
    for source in sources.iter() {
        let start: u64 = source.getattr("start")?.extract()?;
        let plan: usize = source.getattr("plan")?.extract()?;
        let dialect = dialect(job, plan).ok_or_else(|| failure("plan", "source", 0, "it is bound to no plan"))?;
        let input: Box<dyn Read + Send + 'a> =
            if let Some(data) = source.getattr("data")?.extract::<Option<PyBackedBytes>>()? {
                Box::new(from(data, start))
            } else {
                let head = from(source.getattr("head")?.extract()?, start);
                if let Some(fd) = source.getattr("fd")?.extract::<Option<i32>>()? {
                    // SAFETY: Python's side keeps the descriptor open until the run is over.
                    let fd = unsafe { BorrowedFd::borrow_raw(fd) };
                    Box::new(head.chain(Descriptor::new(fd, Box::new(move || watch.go_on()))))
                } else {
                    let callable: Py<PyAny> = source.getattr("read")?.unbind();
                    Box::new(head.chain(Callback { callable, exceptions, held: None }))
                }
            };
        opened.blank_lines.push(source.getattr("blank_lines")?.extract()?);
        opened.sources.push(Source {
            name: source.getattr("name")?.extract()?,
            plan,
            dialect,
            input,
            start,
            line: source.getattr("start_line")?.extract()?,
        });
    }
    Ok(opened)
}

/// How the sources of a plan are split. None: there is no such plan.
pub(crate) fn dialect(job: &Job, plan: usize) -> Option<Dialect> {
    let plan = job.plans.get(plan)?;
    let delimiter = match plan.format {
        SourceFormat::Csv => *plan.delimiter.as_bytes().first()?,
        SourceFormat::Jsonl => LINES,
        SourceFormat::Json => ELEMENTS,
    };
    Some(Dialect { delimiter, max_record_bytes: job.max_record_bytes })
}

fn from(data: PyBackedBytes, start: u64) -> Cursor<PyBackedBytes> {
    let mut cursor = Cursor::new(data);
    cursor.set_position(start);
    cursor
}

/// A `read(n)` of Python.
struct Callback<'a> {
    callable: Py<PyAny>,
    exceptions: &'a Exceptions,
    /// What it gave beyond what was asked.
    held: Option<Cursor<PyBackedBytes>>,
}

impl Read for Callback<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(held) = &mut self.held {
            let read = held.read(buffer)?;
            if read > 0 {
                return Ok(read);
            }
            self.held = None;
        }
        let piece = Python::attach(|py| {
            let given = self.callable.bind(py).call1((buffer.len(),))?;
            given
                .extract::<PyBackedBytes>()
                .map_err(|_| PyTypeError::new_err("read(n) of the source gave no bytes: open it in binary mode"))
        });
        match piece {
            Ok(piece) => {
                let mut held = Cursor::new(piece);
                let read = held.read(buffer)?;
                self.held = Some(held);
                Ok(read)
            }
            Err(error) => Err(io::Error::other(self.exceptions.keep(error))),
        }
    }
}

/// A descriptor that accepted records or rejects are written to. A pipe that nobody reads can be interrupted.
pub(crate) struct Sink<'a> {
    fd: BorrowedFd<'a>,
    /// Where writing may wait for somebody who reads.
    waits: bool,
    watch: &'a Watch<'a>,
}

/// What a pipe takes without waiting once it says that it takes something: `PIPE_BUF` of Linux.
const AT_ONCE: usize = 4096;

impl<'a> Sink<'a> {
    /// Writes to `fd`, and asks `watch` whether to go on while nobody reads.
    pub fn new(fd: BorrowedFd<'a>, watch: &'a Watch<'a>) -> Self {
        let kind = rustix::fs::fstat(fd).map(|stat| FileType::from_raw_mode(stat.st_mode));
        let waits = match kind {
            Ok(FileType::Fifo | FileType::Socket) => true,
            Ok(FileType::RegularFile) => false,
            _ => rustix::termios::isatty(fd),
        };
        Self { fd, waits, watch }
    }
}

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.waits {
            return Ok(rustix::io::write(self.fd, bytes)?);
        }
        loop {
            self.watch.go_on().map_err(io::Error::other)?;
            let wait = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
            match poll(&mut [PollFd::new(&self.fd, PollFlags::OUT)], Some(&wait)) {
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) => return Ok(rustix::io::write(self.fd, &bytes[..bytes.len().min(AT_ONCE)])?),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Rejects that are kept in memory.
#[derive(Default)]
pub(crate) struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    /// Writes into it.
    pub fn writer(&self) -> impl Write + Send + 'static {
        Self(Arc::clone(&self.0))
    }

    /// What was written.
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().map_err(|_| io::Error::other(Error::Cancelled))?.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
