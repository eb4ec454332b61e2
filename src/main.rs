//! The `saring` command: data on stdout, words and progress on stderr.
//!
//! Exit codes: 0 all well, 1 failure, 2 usage, 3 some inputs failed, 130 Ctrl-C.
//! A broken pipe is 0.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
