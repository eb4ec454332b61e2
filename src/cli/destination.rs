//! Where `saring classify` writes: stdout, or a file that appears when it is complete.
//!
//! Until then it is FILE.partial. What is in there stays when the run ends early.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use saring::{Error, Result};

use super::Failure;
use super::input::Pending;
use super::resume::{self, Before};

/// Where to write.
pub enum Destination {
    Stdout(io::StdoutLock<'static>),
    /// A file under its own name: a device or a pipe.
    Direct(PathBuf, File),
    /// A file that will be renamed.
    Partial {
        path: PathBuf,
        partial: PathBuf,
        file: File,
    },
}

impl Destination {
    /// Stdout; its lines are not seen by halves.
    pub fn stdout() -> Destination {
        Destination::Stdout(io::stdout().lock())
    }

    /// A new file. What an earlier run has left is not overwritten if one can go on from there.
    ///
    /// # Errors
    /// [`Error::Option`] if there is such a file, [`Error::Io`].
    pub fn new(path: &Path, resumable: bool) -> Result<Destination> {
        if is_special(path) {
            let file = OpenOptions::new().write(true).open(path);
            let file = file.map_err(|e| Error::io(path, e))?;
            return Ok(Destination::Direct(path.to_path_buf(), file));
        }
        let partial = partial(path);
        let file = open(&partial)?;
        let left = file.metadata().map_err(|e| Error::io(&partial, e))?.len();
        if resumable && left > 0 {
            let partial = partial.display();
            return Err(Error::Option(format!(
                "{partial} is there from a run that ended early: --resume goes on from it; delete \
                 it to start anew"
            )));
        }
        file.set_len(0).map_err(|e| Error::io(&partial, e))?;
        Ok(Destination::Partial { path: path.to_path_buf(), partial, file })
    }

    /// The file that an earlier run has left, behind its last whole record, with what it holds and
    /// the inputs that are left; a new one if there is none.
    ///
    /// # Errors
    /// [`Error::Option`] if the file cannot be gone on with, [`Error::Data`] if it holds something
    /// else, [`Error::Io`].
    pub fn resume<I: Iterator<Item = Pending>>(
        path: &Path,
        inputs: I,
    ) -> Result<(Destination, Before, impl Iterator<Item = Pending> + use<I>)> {
        if is_special(path) {
            let path = path.display();
            let message = format!("--resume needs an ordinary file, which {path} is not");
            return Err(Error::Option(message));
        }
        let partial = partial(path);
        // A file under its final name was complete once, or is what stdout was redirected to.
        let existing = if !partial.exists() && path.exists() { path } else { &partial };
        let file = open(existing)?;
        let (before, left) = resume::left(existing, &mut BufReader::new(&file), inputs)?;
        let failed = |e: io::Error| Error::io(existing, e);
        if existing == path {
            std::fs::rename(path, &partial).map_err(failed)?;
        }
        file.set_len(before.end).map_err(failed)?;
        (&file).seek(SeekFrom::Start(before.end)).map_err(failed)?;
        let path = path.to_path_buf();
        Ok((Destination::Partial { path, partial, file }, before, left))
    }

    /// Writes all of it at once, so that whoever reads along never sees half of a page, and a run
    /// that is killed leaves no more than one cut.
    pub fn write(&mut self, text: &str) -> std::result::Result<(), Failure> {
        match self {
            Destination::Stdout(out) => {
                out.write_all(text.as_bytes())?;
                Ok(out.flush()?)
            }
            Destination::Direct(path, file) | Destination::Partial { partial: path, file, .. } => {
                file.write_all(text.as_bytes()).map_err(|e| match e.kind() {
                    io::ErrorKind::BrokenPipe => Failure::BrokenPipe,
                    _ => Error::io(&*path, e).into(),
                })
            }
        }
    }

    /// All is written: the file gets its name.
    ///
    /// # Errors
    /// [`Error::Io`]
    pub fn complete(self) -> Result<()> {
        let Destination::Partial { path, partial, file } = self else { return Ok(()) };
        file.sync_all().map_err(|e| Error::io(&partial, e))?;
        std::fs::rename(&partial, &path).map_err(|e| Error::io(&path, e))
    }

    /// The file, for somebody who writes all of it; `None` for stdout.
    ///
    /// # Errors
    /// [`Error::Io`]
    #[cfg(feature = "parquet")]
    pub fn file(&self) -> Result<Option<(PathBuf, File)>> {
        match self {
            Destination::Stdout(_) => Ok(None),
            Destination::Direct(path, file) | Destination::Partial { partial: path, file, .. } => {
                let file = file.try_clone().map_err(|e| Error::io(path, e))?;
                Ok(Some((path.clone(), file)))
            }
        }
    }

    /// The file where what is written stays if the run ends here.
    pub fn partial(&self) -> Option<&Path> {
        match self {
            Destination::Partial { partial, .. } => Some(partial),
            _ => None,
        }
    }
}

/// Renaming a file to a device would put the file in its place.
fn is_special(path: &Path) -> bool {
    path.metadata().is_ok_and(|file| !file.is_file())
}

fn partial(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

/// Opens a file to read and write it, for this run alone.
fn open(path: &Path) -> Result<File> {
    let options = || OpenOptions::new().read(true).write(true).create(true).truncate(false).clone();
    let file = options().open(path).map_err(|e| Error::io(path, e))?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(Error::io(path, "another run is writing to it")),
        // Some file systems have no locks.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
    }
}
