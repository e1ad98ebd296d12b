//! Source: from files and memory to blocks that hold whole records, one after another.
//!
//! In: sources, in order. Out: [`Block`]s whose rows are found. Buffers belong to the block and are used again. The
//! reader is the one serial stage: whoever holds it reads and splits one block, then hands it on to nobody: the same
//! thread checks it. It never looks at what cells mean.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::BorrowedFd;

use memchr::{memchr, memchr_iter};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::encode::bytes::SLACK;
use crate::error::{Error, Result};
use crate::split::array::{Place, Position};
use crate::split::element::{Element, is_space};
use crate::split::{Block, Dialect, ELEMENTS, Fault, Row, Spilled, Split, split};

/// One opened source.
pub struct Source<'a> {
    /// As shown in rejects and reports.
    pub name: String,
    /// Which plan it is bound to.
    pub plan: usize,
    /// How it is split.
    pub dialect: Dialect,
    /// Its bytes after the header.
    pub input: Box<dyn Read + Send + 'a>,
    /// Offset of the first of these bytes.
    pub start: u64,
    /// Line number of the first of these bytes.
    pub line: u64,
}

/// What was read of one source.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// Records.
    pub records: u64,
    /// Blank lines.
    pub blank_lines: u64,
    /// Bytes, the header included.
    pub bytes: u64,
}

/// Reads sources one after another into blocks.
pub struct Reader<'a> {
    sources: Vec<Source<'a>>,
    block_bytes: usize,
    current: usize,
    sequence: u64,
    tail: Vec<u8>,
    ended: bool,
    offset: u64,
    line: u64,
    record: u64,
    /// Where in its array the source stands, where it is one.
    position: Position,
    counts: Vec<Progress>,
}

impl<'a> Reader<'a> {
    /// A reader of `sources` that hands out about `block_bytes` at a time.
    #[must_use]
    pub fn new(sources: Vec<Source<'a>>, block_bytes: usize) -> Self {
        let counts = sources.iter().map(|s| Progress { bytes: s.start, ..Progress::default() }).collect();
        let mut reader = Self {
            sources,
            block_bytes,
            current: 0,
            sequence: 0,
            tail: Vec::new(),
            ended: false,
            offset: 0,
            line: 0,
            record: 1,
            position: Position::FIRST,
            counts,
        };
        reader.begin();
        reader
    }

    /// What was read so far, a count for each source.
    #[must_use]
    pub fn counts(&self) -> &[Progress] {
        &self.counts
    }

    /// Bytes read so far, of all sources.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.counts.iter().map(|c| c.bytes).sum()
    }

    /// Whether everything was handed out, as far as is known without another read.
    #[must_use]
    pub fn finished(&self) -> bool {
        self.current + 1 >= self.sources.len() && self.exhausted()
    }

    /// Whether nothing is left of the current source.
    fn exhausted(&self) -> bool {
        let ended = |source: &Source<'_>| source.dialect.delimiter != ELEMENTS || self.position.is_final();
        self.sources.get(self.current).is_none_or(|source| self.ended && self.tail.is_empty() && ended(source))
    }

    fn begin(&mut self) {
        self.tail.clear();
        self.ended = false;
        self.record = 1;
        self.position = Position::FIRST;
        if let Some(source) = self.sources.get(self.current) {
            self.offset = source.start;
            self.line = source.line;
        }
    }

    /// Fills `block` with the next records. Returns false when there are none left.
    pub fn fill(&mut self, block: &mut Block) -> Result<bool> {
        while self.current < self.sources.len() {
            if self.exhausted() {
                self.sources[self.current].input = Box::new(io::empty());
                self.current += 1;
                self.begin();
                continue;
            }
            let oversize = self.load(block)? == Split::Oversize;
            self.place(block);
            if oversize {
                if self.sources[self.current].dialect.delimiter == ELEMENTS {
                    self.spill_element(block)?;
                } else {
                    self.spill(block)?;
                }
            } else {
                self.tail.extend_from_slice(&block.data[block.rows.consumed..block.len]);
            }
            self.advance(block);
            block.len = block.rows.consumed;
            if !block.rows.rows.is_empty() {
                block.sequence = self.sequence;
                self.sequence += 1;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reads until at least one record, or one blank line, is whole.
    fn load(&mut self, block: &mut Block) -> Result<Split> {
        let source = &mut self.sources[self.current];
        block.len = self.tail.len();
        if block.data.len() < block.len {
            block.data.resize(block.len, 0);
        }
        block.data[..block.len].copy_from_slice(&self.tail);
        self.tail.clear();
        let mut want = (self.block_bytes >> block.halved).max(1);
        loop {
            let goal = block.len + want;
            if block.data.is_empty() {
                // Zeros from the system, which a small source leaves untouched.
                block.data = vec![0; goal + SLACK];
            } else if block.data.len() < goal + SLACK {
                block.data.resize(goal + SLACK, 0);
            }
            while !self.ended && block.len < goal {
                let read = read_some(source, &mut block.data[block.len..goal])?;
                self.ended = read == 0;
                block.len += read;
                self.counts[self.current].bytes += read as u64;
            }
            let outcome =
                split(&block.data[..block.len], self.ended, source.dialect, &mut self.position, &mut block.rows);
            if outcome == Split::Oversize || block.rows.consumed > 0 || self.ended {
                return Ok(outcome);
            }
            want = want.max(block.len);
        }
    }

    fn place(&self, block: &mut Block) {
        block.source = self.current;
        block.offset = self.offset;
        block.line = self.line;
        block.record = self.record;
        block.spilled = None;
        let rows = &block.rows;
        // The last row of a source may lack its line end.
        let open = !rows.rows.is_empty() && block.data[..rows.consumed].last() != Some(&b'\n');
        let lines = self.sources[self.current].dialect.delimiter != ELEMENTS;
        block.line_a_row = lines && rows.blank == 0 && rows.newlines + u64::from(open) == rows.rows.len() as u64;
    }

    fn advance(&mut self, block: &Block) {
        let counts = &mut self.counts[self.current];
        counts.records += block.rows.rows.len() as u64;
        counts.blank_lines += block.rows.blank;
        self.record += block.rows.rows.len() as u64;
        self.line += block.rows.newlines;
        self.offset += block.rows.consumed as u64;
    }

    /// Moves the record that begins at `consumed`, whose end was not seen yet, to a temporary file.
    fn spill(&mut self, block: &mut Block) -> Result<()> {
        let source = &mut self.sources[self.current];
        let mut file = tempfile::tempfile().map_err(spill_failed)?;
        let begin = block.rows.consumed;
        let mut chunk = block.data[begin..block.len].to_vec();
        let mut len = 0_u64;
        let mut carriage = false;
        let mut newline = false;
        let mut taken = 0_u64;
        loop {
            // The bytes of the record that are in the buffer hold no line end of its own: it was looked for.
            let found = if taken == 0 { None } else { memchr(b'\n', &chunk) };
            let part = &chunk[..found.unwrap_or(chunk.len())];
            if carriage && !(part.is_empty() && found.is_some()) {
                file.write_all(b"\r").map_err(spill_failed)?;
                len += 1;
            }
            if !part.is_empty() {
                carriage = part.ends_with(b"\r");
                let keep = &part[..part.len() - usize::from(carriage)];
                file.write_all(keep).map_err(spill_failed)?;
                len += keep.len() as u64;
                self.line += memchr_iter(b'\n', keep).count() as u64;
            }
            taken += part.len() as u64;
            if let Some(found) = found {
                newline = true;
                self.tail.extend_from_slice(&chunk[found + 1..]);
                break;
            }
            chunk.resize(self.block_bytes.max(1 << 16), 0);
            let read = read_some(source, &mut chunk)?;
            chunk.truncate(read);
            self.counts[self.current].bytes += read as u64;
            if read == 0 {
                self.ended = true;
                if carriage {
                    file.write_all(b"\r").map_err(spill_failed)?;
                    len += 1;
                }
                break;
            }
        }
        spilled(block, Fault::TooLarge, Spilled { file, len });
        self.line += u64::from(newline);
        self.offset += taken + u64::from(newline);
        Ok(())
    }

    /// As [`Self::spill`], for the element of an array, or the text behind the array, that begins at `consumed`.
    fn spill_element(&mut self, block: &mut Block) -> Result<()> {
        let source = &mut self.sources[self.current];
        let mut file = tempfile::tempfile().map_err(spill_failed)?;
        let mut chunk = block.data[block.rows.consumed..block.len].to_vec();
        let mut element = (self.position.place != Place::End).then(|| Element::new(self.position.column));
        let mut len = 0_u64;
        let end = loop {
            let found = element.as_mut().and_then(|element| element.feed(&chunk));
            let part = &chunk[..found.map_or(chunk.len(), |(at, _)| at)];
            file.write_all(part).map_err(spill_failed)?;
            len += part.len() as u64;
            self.line += memchr_iter(b'\n', part).count() as u64;
            self.offset += part.len() as u64;
            self.position.pass(part);
            if let Some((at, end)) = found {
                self.tail.extend_from_slice(&chunk[at..]);
                break Some(end);
            }
            chunk.resize(self.block_bytes.max(1 << 16), 0);
            let read = read_some(source, &mut chunk)?;
            chunk.truncate(read);
            self.counts[self.current].bytes += read as u64;
            if read == 0 {
                self.ended = true;
                break None;
            }
        };
        let len = without_spaces(&mut file, len).map_err(spill_failed)?;
        let fault = self.position.fault(end, true).unwrap_or(Fault::TooLarge);
        self.position.behind(end);
        spilled(block, fault, Spilled { file, len });
        Ok(())
    }
}

fn spill_failed(error: io::Error) -> Error {
    Error::Write { sink: "temporary file for a large record", error }
}

/// Notes a record whose bytes are not in the block.
fn spilled(block: &mut Block, fault: Fault, spilled: Spilled) {
    let rows = &mut block.rows;
    let at = rows.consumed as u32;
    rows.faults.push((rows.rows.len() as u32, fault));
    rows.rows.push(Row { start: at, end: at, first: rows.ends.len() as u32, cells: 0 });
    block.spilled = Some(spilled);
}

/// Cuts white space off the end of a file of `len` bytes. Returns how many are left.
fn without_spaces(file: &mut File, mut len: u64) -> io::Result<u64> {
    let mut piece = [0; 1 << 12];
    while len > 0 {
        let size = (piece.len() as u64).min(len);
        file.seek(SeekFrom::Start(len - size))?;
        let piece = &mut piece[..size as usize];
        file.read_exact(piece)?;
        let spaces = piece.iter().rev().take_while(|&&byte| is_space(byte)).count() as u64;
        len -= spaces;
        if spaces < size {
            break;
        }
    }
    file.set_len(len)?;
    Ok(len)
}

fn read_some(source: &mut Source<'_>, buffer: &mut [u8]) -> Result<usize> {
    loop {
        match source.input.read(buffer) {
            Ok(read) => return Ok(read),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                return match error.downcast::<Error>() {
                    Ok(ours) => Err(ours),
                    Err(error) => Err(Error::Read { source: source.name.clone(), error }),
                };
            }
        }
    }
}

/// A descriptor that belongs to somebody else, read in a way that can be cancelled: a pipe may never bring anything.
pub struct Descriptor<'a> {
    fd: BorrowedFd<'a>,
    regular: bool,
    waiting: Box<dyn Fn() -> Result<()> + Send + 'a>,
}

impl<'a> Descriptor<'a> {
    /// Reads from `fd`. While a pipe brings nothing, `waiting` is asked several times a second whether to go on.
    #[must_use]
    pub fn new(fd: BorrowedFd<'a>, waiting: Box<dyn Fn() -> Result<()> + Send + 'a>) -> Self {
        let regular =
            rustix::fs::fstat(fd).is_ok_and(|stat| rustix::fs::FileType::from_raw_mode(stat.st_mode).is_file());
        Self { fd, regular, waiting }
    }
}

impl Read for Descriptor<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.regular {
            return Ok(rustix::io::read(self.fd, buffer)?);
        }
        loop {
            (self.waiting)().map_err(io::Error::other)?;
            let wait = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
            if poll(&mut [PollFd::new(&self.fd, PollFlags::IN)], Some(&wait))? > 0 {
                match rustix::io::read(self.fd, &mut *buffer) {
                    // Set not to wait, and another process was quicker.
                    Err(Errno::AGAIN) => {}
                    read => return Ok(read?),
                }
            }
        }
    }
}
