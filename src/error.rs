//! One error type; every variant says where.

use std::fmt;
use std::path::PathBuf;

/// The result of everything that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong and where.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read or written.
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
    /// A label that does not exist.
    UnknownLabel(String),
    /// A path that is not a chain of `tag#id.class[index]` steps.
    BadPath(String),
    /// A row of a Block CSV that cannot be used.
    Row {
        /// The file.
        path: PathBuf,
        /// Line in the file, from 1 (the header is line 1).
        line: u64,
        /// What is wrong with it.
        message: String,
    },
    /// Labelled data that cannot be trained on.
    Data(String),
    /// A gold file that cannot be used.
    Gold {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A model that cannot be loaded; the text says where.
    Model(String),
    /// A site memory that cannot be loaded; the text says where.
    Site(String),
    /// A fit that failed.
    Fit(String),
    /// An option out of range.
    Option(String),
}

impl Error {
    /// Wraps what the system says about a file.
    pub fn io(path: impl Into<PathBuf>, error: impl fmt::Display) -> Error {
        Error::Io { path: path.into(), message: error.to_string() }
    }

    /// The same, said of a file.
    pub(crate) fn at(self, path: impl AsRef<std::path::Path>) -> Error {
        match self {
            Error::Model(message) => {
                Error::Model(format!("{}: {message}", path.as_ref().display()))
            }
            Error::Site(message) => Error::Site(format!("{}: {message}", path.as_ref().display())),
            other => other,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Io { path, message } => write!(f, "{}: {message}", path.display()),
            Error::UnknownLabel(name) => {
                write!(f, "unknown label {name:?}; labels are")?;
                for label in crate::block::Label::ALL {
                    write!(f, " {label}")?;
                }
                Ok(())
            }
            Error::BadPath(path) => {
                write!(f, "path {path:?} is not a chain of tag#id.class[index] joined by '>'")
            }
            Error::Row { path, line, message } => {
                write!(f, "{}:{line}: {message}", path.display())
            }
            Error::Gold { path, message } => write!(f, "{}: {message}", path.display()),
            Error::Model(message) => write!(f, "model: {message}"),
            Error::Site(message) => write!(f, "site memory: {message}"),
            Error::Data(message) | Error::Fit(message) | Error::Option(message) => {
                f.write_str(message)
            }
        }
    }
}

impl std::error::Error for Error {}
