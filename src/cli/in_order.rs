//! Work on many threads, results in the order of the items.
//!
//! Each thread takes the next item, works on it and puts the result into its place in a queue; the
//! queue is emptied from the front. Nothing waits between taking and working, so the item at the
//! front is always done or being worked on, and the front always comes.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// How far work may run ahead of a slow item: no further item is taken while this many have been
/// taken and not been given out, ...
pub const AHEAD: usize = 256;

/// ... nor while results of this many bytes wait for one before them. What the threads are
/// working on at that moment comes on top.
pub const AHEAD_BYTES: usize = 64 << 20;

/// How often somebody who waits looks whether a signal has come.
const LOOK: Duration = Duration::from_millis(50);

/// The results, in the order of the items. Ends early when `stop` is set: see
/// [`Results::stopped`].
pub struct Results<R> {
    queue: Arc<Queue<R>>,
    stop: Arc<AtomicBool>,
    stopped: bool,
}

struct Queue<R> {
    state: Mutex<State<R>>,
    /// A result has come, or a thread has gone.
    filled: Condvar,
    /// A result has been given out, or nobody wants more.
    emptied: Condvar,
}

struct State<R> {
    /// Results with their bytes; `None` for those being worked on.
    places: VecDeque<Option<(R, usize)>>,
    /// How many places have left the queue.
    gone: usize,
    /// The bytes of all results in the queue.
    bytes: usize,
    threads: usize,
    panicked: bool,
    /// Nobody wants more.
    closed: bool,
}

/// Does `work` on as many items at a time as there are threads. It gives a result and how many
/// bytes that takes.
///
/// The threads are not waited for: where nobody wants the results any longer, the end of the
/// program need not wait for a slow stdin.
///
/// # Errors
/// The system has no more threads.
pub fn in_order<T: Send + 'static, R: Send + 'static>(
    items: impl Iterator<Item = T> + Send + 'static,
    threads: Option<NonZeroUsize>,
    stop: Arc<AtomicBool>,
    work: impl Fn(T) -> (R, usize) + Send + Sync + 'static,
) -> std::io::Result<Results<R>> {
    let threads = match threads {
        Some(threads) => threads,
        None => std::thread::available_parallelism()?,
    };
    let state = State {
        places: VecDeque::new(),
        gone: 0,
        bytes: 0,
        threads: threads.get(),
        panicked: false,
        closed: false,
    };
    let queue =
        Arc::new(Queue { state: state.into(), filled: Condvar::new(), emptied: Condvar::new() });
    let items = Arc::new(Mutex::new(items.fuse()));
    let work = Arc::new(work);
    for _ in 0..threads.get() {
        let (items, queue, work) = (Arc::clone(&items), Arc::clone(&queue), Arc::clone(&work));
        std::thread::Builder::new().spawn(move || {
            let _leave = Leave(&queue);
            loop {
                // Held while waiting for room and for the next item, so that items are taken one
                // after the other.
                let mut items = items.lock().expect("no thread has panicked over an item");
                if !queue.wait_for_room() {
                    break;
                }
                let Some(item) = items.next() else { break };
                let place = queue.take_place();
                drop(items);
                queue.fill(place, work(item));
            }
        })?;
    }
    Ok(Results { queue, stop, stopped: false })
}

/// Says that the thread has gone, however it went.
struct Leave<'a, R>(&'a Queue<R>);

impl<R> Drop for Leave<'_, R> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.threads -= 1;
        state.panicked |= std::thread::panicking();
        self.0.filled.notify_all();
    }
}

impl<R> Queue<R> {
    fn lock(&self) -> MutexGuard<'_, State<R>> {
        self.state.lock().expect("nothing panics while it holds this lock")
    }

    /// Whether a further item is wanted at all.
    fn wait_for_room(&self) -> bool {
        let full = |state: &mut State<R>| {
            !state.closed && (state.places.len() >= AHEAD || state.bytes >= AHEAD_BYTES)
        };
        let state = self.emptied.wait_while(self.lock(), full);
        !state.expect("nothing panics while it holds this lock").closed
    }

    fn take_place(&self) -> usize {
        let mut state = self.lock();
        state.places.push_back(None);
        state.gone + state.places.len() - 1
    }

    fn fill(&self, place: usize, (result, bytes): (R, usize)) {
        let mut state = self.lock();
        let at = place - state.gone;
        state.places[at] = Some((result, bytes));
        state.bytes += bytes;
        if at == 0 {
            self.filled.notify_all();
        }
    }
}

impl<R> Results<R> {
    /// Whether the end came early, because of `stop`.
    pub fn stopped(&self) -> bool {
        self.stopped
    }
}

impl<R> Iterator for Results<R> {
    type Item = R;

    fn next(&mut self) -> Option<R> {
        let mut state = self.queue.lock();
        loop {
            if state.panicked {
                // Threads that are still at work must find the lock whole.
                drop(state);
                panic!("a thread of saring has panicked; please report it");
            }
            let ended = state.places.is_empty() && state.threads == 0;
            self.stopped = !ended && self.stop.load(Ordering::SeqCst);
            if ended || self.stopped {
                return None;
            }
            if let Some((result, bytes)) = state.places.front_mut().and_then(Option::take) {
                state.places.pop_front();
                state.gone += 1;
                state.bytes -= bytes;
                self.queue.emptied.notify_all();
                return Some(result);
            }
            let waited = self.queue.filled.wait_timeout(state, LOOK);
            state = waited.expect("nothing panics while it holds this lock").0;
        }
    }
}

impl<R> Drop for Results<R> {
    fn drop(&mut self) {
        // A poisoned lock means that a panic is on its way already.
        if let Ok(mut state) = self.queue.state.lock() {
            state.closed = true;
        }
        self.queue.emptied.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::sync::mpsc::channel;
    use std::time::Instant;

    use super::*;

    fn stop() -> Arc<AtomicBool> {
        Arc::new(AtomicBool::new(false))
    }

    /// How many of many items are taken while the first is not done, and all results after that.
    fn taken_behind_a_slow_one(bytes: usize) -> (usize, Vec<usize>) {
        let taken = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&taken);
        let items = (0..2000).inspect(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
        });
        let (done, first) = channel::<()>();
        let first = Mutex::new(first);
        let work = move |n: usize| {
            if n == 0 {
                first.lock().unwrap().recv().unwrap();
            }
            (n, bytes)
        };
        let results = in_order(items, NonZeroUsize::new(4), stop(), work).unwrap();
        let mut before = (usize::MAX, Instant::now());
        // Until nothing has moved for a while.
        while before.1.elapsed() < Duration::from_millis(300) {
            let now = taken.load(Ordering::SeqCst);
            if now != before.0 {
                before = (now, Instant::now());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        done.send(()).unwrap();
        (before.0, results.collect())
    }

    #[test]
    fn a_slow_item_holds_the_others_back_and_the_order_stays() {
        let (taken, results) = taken_behind_a_slow_one(1);
        assert_eq!(taken, AHEAD);
        assert_eq!(results, (0..2000).collect::<Vec<_>>());
    }

    #[test]
    fn so_do_large_results() {
        let (taken, results) = taken_behind_a_slow_one(AHEAD_BYTES / 8);
        // Eight fill the queue, and each of the four threads may have taken one.
        assert!((9..=8 + 4).contains(&taken), "{taken}");
        assert_eq!(results, (0..2000).collect::<Vec<_>>());
    }

    #[test]
    fn stop_ends_a_wait() {
        let (_never, wait) = channel::<()>();
        let wait = Mutex::new(wait);
        let stop = stop();
        let work = move |n: usize| {
            if n == 1 {
                let _ = wait.lock().unwrap().recv();
            }
            (n, 1)
        };
        let mut results = in_order(0..5, NonZeroUsize::new(2), Arc::clone(&stop), work).unwrap();
        assert_eq!((results.next(), results.stopped()), (Some(0), false));
        stop.store(true, Ordering::SeqCst);
        assert_eq!((results.next(), results.stopped()), (None, true));
    }

    #[test]
    fn a_stop_after_the_last_is_no_stop() {
        let stop = stop();
        let work = |n: usize| (n, 1);
        let mut results = in_order(0..3, NonZeroUsize::new(2), Arc::clone(&stop), work).unwrap();
        assert_eq!(results.by_ref().count(), 3);
        stop.store(true, Ordering::SeqCst);
        assert_eq!((results.next(), results.stopped()), (None, false));
    }

    #[test]
    #[should_panic(expected = "a thread of saring has panicked")]
    fn a_panic_is_not_taken_for_the_end() {
        let items = (0..5).inspect(|n| assert!(*n < 3, "on purpose"));
        in_order(items, NonZeroUsize::new(2), stop(), |n| (n, 1)).unwrap().for_each(drop);
    }
}
