use saring::{Error, Result};
use std::io::Read;
/// Reads a page.
pub fn read_page(path: &std::path::Path) -> Result<Vec<u8>> {
    let bytes = std::fs::read(path).map_err(|e| Error::io(path, e))?;
    if path.extension().is_some_and(|e| e == "gz") {
        let mut out = Vec::new();
        flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut out).map_err(|e| Error::io(path, e))?;
        return Ok(out);
    }
    Ok(bytes)
}
