//! How far `saring classify` is, on a terminal.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::output;
use super::tally::Tally;

/// How often the line is written anew.
const EVERY: Duration = Duration::from_millis(200);

/// Runs that end before this show nothing.
const FIRST: Duration = Duration::from_secs(1);

/// The cells of the bar.
const CELLS: u64 = 20;

/// One line on stderr, if that is a terminal.
pub struct Progress {
    tally: Arc<Tally>,
    /// The bytes of all inputs, where they are known.
    total: Option<u64>,
    pages: u64,
    start: Instant,
    next: Option<Instant>,
    /// Whether the line is there now.
    shown: bool,
}

impl Progress {
    /// `wanted`: whether nothing else is written to the terminal.
    pub fn new(inputs: &[PathBuf], tally: Arc<Tally>, wanted: bool) -> Progress {
        let size = |path: &PathBuf| path.metadata().ok().filter(|m| m.is_file()).map(|m| m.len());
        let start = Instant::now();
        let wanted = wanted && std::io::stderr().is_terminal();
        Progress {
            tally,
            total: inputs.iter().map(size).sum(),
            pages: 0,
            start,
            next: wanted.then(|| start + FIRST),
            shown: false,
        }
    }

    /// One page more.
    pub fn page(&mut self) {
        self.pages += 1;
        let now = Instant::now();
        if self.next.is_none_or(|next| now < next) {
            return;
        }
        self.next = Some(now + EVERY);
        let line = line(self.tally.bytes(), self.total, self.pages, now - self.start);
        let columns = terminal_size::terminal_size_of(std::io::stderr());
        let columns = columns.map_or(80, |(width, _)| usize::from(width.0));
        let line: String = line.chars().take(columns.saturating_sub(1)).collect();
        let _ = write!(std::io::stderr(), "\r\x1b[K{line}");
        self.shown = true;
    }

    /// A line above it.
    pub fn say(&mut self, line: impl AsRef<str>) {
        self.clear();
        output::say(line);
    }

    /// Takes the line away.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

fn line(bytes: u64, total: Option<u64>, pages: u64, time: Duration) -> String {
    let pages_a_second = pages as f64 / time.as_secs_f64();
    let rate = format!("{pages} pages, {pages_a_second:.0} pages/s");
    match total.filter(|total| *total > 0) {
        Some(total) => {
            let done = bytes.min(total);
            let cells = u128::from(done) * u128::from(CELLS) / u128::from(total);
            let bar: String =
                (0..CELLS).map(|n| if u128::from(n) < cells { '#' } else { '.' }).collect();
            let percent = u128::from(done) * 100 / u128::from(total);
            format!("[{bar}] {percent} % of {}, {rate}", size(total))
        }
        None => format!("{} read, {rate}", size(bytes)),
    }
}

fn size(bytes: u64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let unit = (0..units.len() - 1).take_while(|n| bytes >> (10 * (n + 1)) > 0).count();
    match unit {
        0 => format!("{bytes} bytes"),
        _ => format!("{:.1} {}", bytes as f64 / (1u64 << (10 * unit)) as f64, units[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_far_it_is() {
        let time = Duration::from_secs(4);
        let known = "[##########..........] 50 % of 3.0 GiB, 2000 pages, 500 pages/s";
        assert_eq!(line(3 << 29, Some(3 << 30), 2000, time), known);
        assert_eq!(line(1536, None, 1, time), "1.5 KiB read, 1 pages, 0 pages/s");
        // A file that grows, an empty one.
        assert!(
            line(30, Some(20), 1, time).starts_with("[####################] 100 % of 20 bytes")
        );
        assert!(line(0, Some(0), 1, time).starts_with("0 bytes read"));
        assert_eq!(size(1023), "1023 bytes");
        assert_eq!(size(u64::MAX), "16777216.0 TiB");
    }
}
