//! Ctrl-C and its like.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// How a program ends that Ctrl-C has ended: what shells report of one that SIGINT killed.
pub const INTERRUPTED: u8 = 130;

/// Set by the first SIGINT or SIGTERM from now on. The second ends the program at once.
///
/// # Errors
/// The system does not let signals be handled.
pub fn stop() -> io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // They run in the order of registration: the first signal finds the flag not yet set.
        flag::register_conditional_shutdown(signal, INTERRUPTED.into(), Arc::clone(&stop))?;
        flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}
