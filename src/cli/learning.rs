//! A site memory that learns while pages are classified.
//!
//! What it knows of a page depends on the pages before it, so it has to meet them in the order of the
//! inputs, whichever thread has them: the same inputs give the same output. A thread waits only while
//! one before it reads and segments its page, which is a fraction of the work.

use std::sync::{Condvar, Mutex, MutexGuard};

use saring::{Document, Recall, SiteMemory};

/// A memory, and whose turn it is.
pub struct Learning {
    state: Mutex<State>,
    turned: Condvar,
}

struct State {
    memory: SiteMemory,
    next: usize,
}

impl Learning {
    /// One that goes on from `memory`.
    pub fn new(memory: SiteMemory) -> Learning {
        Learning { state: State { memory, next: 0 }.into(), turned: Condvar::new() }
    }

    /// The turn of the input in this place, from 0. Every input has to take its turn, and takes it
    /// when this is dropped if it has not learnt by then: those behind it wait.
    pub fn turn(&self, place: usize) -> Turn<'_> {
        Turn { learning: self, place, taken: false }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("learning a page does not panic")
    }
}

/// See [`Learning::turn`].
pub struct Turn<'a> {
    learning: &'a Learning,
    place: usize,
    taken: bool,
}

impl Turn<'_> {
    /// Waits for the turn, learns the page, and says what is known of it.
    pub fn learn(mut self, document: &Document) -> Option<Recall> {
        self.take(|memory| {
            memory.learn(document);
            memory.recall(document)
        })
    }

    fn take<T>(&mut self, what: impl FnOnce(&mut SiteMemory) -> T) -> T {
        let waiting = |state: &mut State| state.next != self.place;
        let turned = self.learning.turned.wait_while(self.learning.lock(), waiting);
        let mut state = turned.expect("learning a page does not panic");
        let said = what(&mut state.memory);
        state.next += 1;
        self.taken = true;
        drop(state);
        self.learning.turned.notify_all();
        said
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if !self.taken {
            self.take(|_| ());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use saring::{Limits, segment_html};

    use super::*;

    fn page(n: usize) -> Document {
        let html = format!(
            "<link rel=canonical href=https://kabar.example/{n}><p>Berita {}</p><p>Unduh</p>",
            "x".repeat(n + 1)
        );
        segment_html(&html, &Limits::default())
    }

    #[test]
    fn pages_are_learnt_in_order_and_a_failed_one_holds_nobody_up() {
        let learning = Learning::new(SiteMemory::default());
        let (done, last) = channel();
        std::thread::scope(|scope| {
            let late = learning.turn(0);
            scope.spawn(|| {
                let recall = learning.turn(2).learn(&page(2));
                done.send(recall).unwrap();
            });
            assert!(late.learn(&page(0)).is_none());
            // The second has not had its turn.
            assert!(last.recv_timeout(Duration::from_millis(100)).is_err());
            drop(learning.turn(1));
            let recall = last.recv_timeout(Duration::from_secs(10)).unwrap();
            let mut alone = SiteMemory::default();
            alone.learn(&page(0));
            alone.learn(&page(2));
            assert_eq!(recall, alone.recall(&page(2)));
            assert!(recall.is_some());
        });
    }
}
