//! A progress bar on a terminal, when a scan lasts long enough to wonder.

use std::io::IsTerminal as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A scan shorter than this draws nothing.
const PATIENCE: Duration = Duration::from_millis(500);

/// Counts files, and draws once patience is over.
pub(super) struct Progress {
    start: Instant,
    total: usize,
    done: AtomicUsize,
    wanted: bool,
    bar: OnceLock<ProgressBar>,
}

impl Progress {
    pub(super) fn new(total: usize, quiet: bool) -> Self {
        Self { start: now(), total, done: AtomicUsize::new(0), wanted: !quiet && std::io::stderr().is_terminal(), bar: OnceLock::new() }
    }

    /// One more file is done.
    pub(super) fn tick(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if self.wanted && self.start.elapsed() >= PATIENCE {
            self.bar.get_or_init(|| bar(self.total)).set_position(done as u64);
        }
    }

    /// Takes the bar away; says how long it took.
    pub(super) fn finish(&self) -> Duration {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
        self.start.elapsed()
    }
}

/// Time for a person to read: it goes to the terminal, never into a report.
#[expect(clippy::disallowed_methods, reason = "for the progress bar and the closing line on a terminal alone")]
pub(super) fn now() -> Instant {
    Instant::now()
}

fn bar(total: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr_with_hz(10));
    if let Ok(style) = ProgressStyle::with_template("scanning {bar:30} {pos}/{len} files") {
        bar.set_style(style);
    }
    bar
}
