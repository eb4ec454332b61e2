//! Where the time of a page goes, for benches/pages.rs.
//!
//! The straight line of classify.rs says where each stage ends, in the code that every caller runs:
//! what is measured is what is used, and a stage that moves takes its mark along. Without the feature
//! `bench` the marks are nothing.

#[cfg(feature = "bench")]
use std::cell::Cell;
#[cfg(feature = "bench")]
use std::time::Duration;

/// A stage of classification, in the order of the line. A stage that runs in parts is the sum of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Bytes to text.
    Decode,
    /// Text to blocks. Tokens are pulled one at a time: [`tokenize`] is what they alone take.
    Segment,
    /// Facts, tokens and features of the blocks that no verdict goes into, with what they add to
    /// the logits of both stages.
    Features,
    /// Lexicon features and logits of every label, stage one: they are found side by side.
    First,
    /// Features of the verdicts, and logits of every label from them.
    Second,
    /// Calibration and the choice of what is kept.
    Cut,
    /// Shares of the labels and texts: the result as the caller gets it.
    Labels,
}

#[cfg(feature = "bench")]
impl Stage {
    /// Every stage in order.
    pub const ALL: [Stage; 7] = [
        Stage::Decode,
        Stage::Segment,
        Stage::Features,
        Stage::First,
        Stage::Second,
        Stage::Cut,
        Stage::Labels,
    ];

    /// What reports call it.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Decode => "decode",
            Stage::Segment => "segment",
            Stage::Features => "features",
            Stage::First => "stage one",
            Stage::Second => "stage two",
            Stage::Cut => "cut",
            Stage::Labels => "labels",
        }
    }
}

/// How many tokens the segmenter reads of a page.
#[cfg(feature = "bench")]
pub fn tokenize(html: &str) -> usize {
    crate::segment::count_tokens(html)
}

/// Tells the time since some moment; which clock is the benchmark's choice.
#[cfg(feature = "bench")]
pub type Clock = fn() -> Duration;

/// How long each stage took.
#[cfg(feature = "bench")]
#[derive(Debug, Clone, Copy, Default)]
pub struct Times {
    /// By stage, in the order of [`Stage::ALL`].
    pub stages: [Duration; Stage::ALL.len()],
    /// From before the first to after the last, with what is freed between and after them.
    pub whole: Duration,
}

#[cfg(feature = "bench")]
#[derive(Clone, Copy)]
struct Lap {
    clock: Clock,
    since: Duration,
    times: Times,
}

#[cfg(feature = "bench")]
thread_local! {
    static LAP: Cell<Option<Lap>> = const { Cell::new(None) };
}

/// Runs `work` and tells how long the stages took that it went through on this thread.
#[cfg(feature = "bench")]
pub fn timed<T>(clock: Clock, work: impl FnOnce() -> T) -> (T, Times) {
    let start = clock();
    LAP.set(Some(Lap { clock, since: start, times: Times::default() }));
    let result = work();
    let mut times = LAP.take().map(|lap| lap.times).unwrap_or_default();
    times.whole = clock().saturating_sub(start);
    (result, times)
}

/// Marks the end of a stage: the time since the mark before it is its own.
#[cfg(feature = "bench")]
pub(crate) fn done(stage: Stage) {
    let Some(mut lap) = LAP.get() else { return };
    let now = (lap.clock)();
    lap.times.stages[stage as usize] += now.saturating_sub(lap.since);
    lap.since = now;
    LAP.set(Some(lap));
}

/// Marks the end of a stage.
#[cfg(not(feature = "bench"))]
#[inline(always)]
pub(crate) fn done(_: Stage) {}
