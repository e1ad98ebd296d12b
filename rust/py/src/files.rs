//! Files: small ones that are read at once, and new ones that appear when all of them are whole.
//!
//! Only the plainest case: a regular file in, and out a file of a name that nobody has. Of anything else, whatever
//! failed, no trace is left and nothing is told: `thresher.source` and `thresher.sink` do the same with every file there
//! can be, and have the words for what is wrong.

use std::ffi::OsStr;
use std::fs::{File, Metadata, metadata};
use std::io::Read;
use std::os::fd::{IntoRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::rc::Rc;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, openat, renameat, statat, unlinkat};
use rustix::io::Errno;

/// What a file is known by, and when it was written last: `(device, inode, bytes, nanoseconds)`.
pub(crate) type Identity = (u64, u64, u64, i64);

/// Characters of the name of a file that its hidden name shows.
const STEM: usize = 48;

/// The bytes of a regular file of 1 to `most` bytes. None: it is something else, or it changes.
pub(crate) fn read_small(path: &Path, most: u64) -> Option<Vec<u8>> {
    // Looked at before it is opened: whoever writes into a FIFO would take that for its reader.
    let is_small = |status: &Metadata| status.is_file() && (1..=most).contains(&status.len());
    metadata(path).ok().filter(is_small)?;
    let mut file = File::open(path).ok()?;
    let status = file.metadata().ok().filter(is_small)?;
    let mut data = vec![0; status.len() as usize + 1];
    let mut read = 0;
    loop {
        match file.read(&mut data[read..]) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(_) => return None,
        }
        if read == data.len() {
            return None;
        }
    }
    data.truncate(read);
    (read as u64 == status.len()).then_some(data)
}

/// A file that is written under a hidden name; dropped before it was published, it is removed.
pub(crate) struct Fresh {
    folder: Rc<OwnedFd>,
    base: Box<OsStr>,
    hidden: String,
    file: Option<File>,
    published: bool,
}

impl Fresh {
    /// Creates files for those of `paths` that are named, all or none. `mark` tells their hidden names from others.
    pub fn create<const N: usize>(paths: [Option<&Path>; N], mark: &str) -> Option<[Option<Self>; N]> {
        let mut folder: Option<(&Path, Rc<OwnedFd>)> = None;
        let mut made = [const { None }; N];
        for (path, made) in paths.into_iter().zip(&mut made) {
            let Some(path) = path else { continue };
            let parent = path.parent()?;
            let known = folder.take().filter(|(known, _)| *known == parent);
            let (_, fd) = match known {
                Some(known) => folder.insert(known),
                None => folder.insert((parent, Rc::new(open_folder(parent)?))),
            };
            *made = Some(Self::new(Rc::clone(fd), path, mark)?);
        }
        Some(made)
    }

    fn new(folder: Rc<OwnedFd>, path: &Path, mark: &str) -> Option<Self> {
        // `a/.` and `a/` are no names of files, though a path calls `a` the last of them.
        let base =
            path.file_name().filter(|base| path.as_os_str().as_encoded_bytes().ends_with(base.as_encoded_bytes()))?;
        if !matches!(statat(&folder, base, AtFlags::SYMLINK_NOFOLLOW), Err(Errno::NOENT)) {
            return None;
        }
        let stem: String = base.to_str()?.chars().take(STEM).collect();
        let hidden = format!(".{stem}.{mark}.part");
        // 0o666 less the umask, as any other new file.
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let file = openat(&folder, &hidden, flags, Mode::from_raw_mode(0o666)).ok()?;
        Some(Self { folder, base: base.into(), hidden, file: Some(file.into()), published: false })
    }

    /// What is written to.
    pub fn file(&self) -> Option<&File> {
        self.file.as_ref()
    }

    /// What the file is known by now.
    pub fn identity(&self) -> Option<Identity> {
        let status = self.file.as_ref()?.metadata().ok()?;
        let nanoseconds = status.mtime().checked_mul(1_000_000_000)?.checked_add(status.mtime_nsec())?;
        Some((status.dev(), status.ino(), status.size(), nanoseconds))
    }

    /// Gives all of them their names. False: none of them has its name.
    pub fn publish<const N: usize>(mut files: [Option<Self>; N]) -> bool {
        let mut all = files.iter_mut().flatten();
        let done = all.all(Self::close) && files.iter_mut().flatten().all(Self::rename);
        if !done {
            files.iter_mut().flatten().filter(|file| file.published).for_each(|file| {
                file.published = unlinkat(&*file.folder, &*file.base, AtFlags::empty()).is_err();
            });
        }
        done
    }

    /// Closes it: an error that the system kept until now appears here.
    fn close(&mut self) -> bool {
        // SAFETY: the descriptor is that of a file which nobody has any more.
        self.file.take().is_none_or(|file| unsafe { rustix::io::try_close(file.into_raw_fd()) }.is_ok())
    }

    fn rename(&mut self) -> bool {
        self.published = renameat(&*self.folder, &self.hidden, &*self.folder, &*self.base).is_ok();
        self.published
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if !self.published {
            // Where it was taken back it has no name any more.
            let _ = unlinkat(&*self.folder, &self.hidden, AtFlags::empty());
        }
    }
}

fn open_folder(path: &Path) -> Option<OwnedFd> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    openat(CWD, path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).ok()
}
