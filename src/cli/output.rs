//! Words to stderr, files written whole or not at all.

use std::io::Write;
use std::path::Path;

use saring::{Error, Result};

/// A line on stderr. A closed stderr is no reason to stop.
pub fn say(line: impl AsRef<str>) {
    let _ = writeln!(std::io::stderr(), "{}", line.as_ref());
}

/// Writes a file by way of a temporary one beside it, so that a reader sees the old or the new
/// content and never half of either.
///
/// # Errors
/// [`Error::Io`] naming `path`.
pub fn write_whole(path: &Path, content: &[u8]) -> Result<()> {
    write_with(path, |file| file.write_all(content))
}

/// The same, with a writer.
///
/// # Errors
/// [`Error::Io`] naming `path`.
pub fn write_with(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |e: std::io::Error| Error::io(path, e);
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    let mut buffered = std::io::BufWriter::new(file.as_file_mut());
    write(&mut buffered).and_then(|()| buffered.flush()).map_err(failed)?;
    drop(buffered);
    file.as_file().sync_all().map_err(failed)?;
    // Temporary files are private to their maker; this one is meant for others.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let open = std::fs::Permissions::from_mode(0o644);
        file.as_file().set_permissions(open).map_err(failed)?;
    }
    file.persist(path).map_err(|e| failed(e.error))?;
    Ok(())
}
