//! Data on stdout, and talking to people while something takes time.

use std::fmt::Arguments;
use std::io::Write;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use mosipctl_artefact::{Progress, Report};
use mosipctl_lab::LabReport;

use crate::settings::Settings;

/// Prints data. Whoever reads it may stop reading (`| head`); that ends no run and is no error.
pub(crate) fn data(text: Arguments<'_>) {
    let _ = std::io::stdout().lock().write_fmt(text);
}

/// `print!` for data: see [`data`].
macro_rules! out {
    ($($text:tt)*) => { $crate::output::data(format_args!($($text)*)) };
}

/// `println!` for data: see [`data`].
macro_rules! outln {
    () => { $crate::output::data(format_args!("\n")) };
    ($($text:tt)*) => { $crate::output::data(format_args!("{}\n", format_args!($($text)*))) };
}

/// What is said about work that has no end of its own to show: one line on a terminal that changes, or plain lines.
pub(crate) struct Doing {
    bar: Option<ProgressBar>,
    last: Mutex<Option<(String, Instant)>>,
    started: Instant,
    quiet: bool,
}

/// Plain lines about the same thing are at least this far apart.
const APART: Duration = Duration::from_secs(10);
/// Without a terminal, work that is over before this needs no line.
const SILENCE: Duration = Duration::from_secs(1);
/// A live line appears only when the work takes longer than this, so that quick commands stay quiet.
const PATIENCE: Duration = Duration::from_millis(400);

impl Doing {
    pub(crate) fn new(settings: &Settings) -> Self {
        let quiet = settings.json;
        let bar = (settings.is_terminal && !quiet).then(|| {
            let bar = ProgressBar::new_spinner();
            let style = ProgressStyle::with_template("{spinner} {wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar
        });
        Self {
            bar,
            last: Mutex::default(),
            started: Instant::now(),
            quiet,
        }
    }

    /// Says what is being done now. `subject` is what stays the same while `text` counts.
    pub(crate) fn say(&self, subject: &str, text: &str) {
        if let Some(bar) = &self.bar {
            let started = bar.elapsed() > PATIENCE;
            bar.set_message(text.to_owned());
            if started {
                bar.enable_steady_tick(Duration::from_millis(120));
                bar.tick();
            }
            return;
        }
        if self.quiet || self.started.elapsed() < SILENCE {
            return;
        }
        let mut last = self
            .last
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let due = last
            .as_ref()
            .is_none_or(|(shown, at)| shown != subject || at.elapsed() > APART);
        if due {
            eprintln!("{text}");
            *last = Some((subject.to_owned(), Instant::now()));
        }
    }

    /// Ends the line.
    pub(crate) fn done(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// What a lab says while it starts.
    pub(crate) fn lab(&self, report: &LabReport) {
        match report {
            LabReport::Program(report) => Progress::report(self, report),
            LabReport::Step { what, elapsed } => {
                self.say(what, &format!("lab: {what} ({} s)", elapsed.as_secs()));
            }
        }
    }
}

impl Progress for Doing {
    fn report(&self, report: &Report) {
        let text = format!(
            "{}: {:?}, {} s",
            report.what,
            report.action,
            report.elapsed.as_secs()
        );
        self.say(
            &format!("{}{:?}", report.what, report.action),
            &text.to_lowercase(),
        );
    }
}

impl Drop for Doing {
    fn drop(&mut self) {
        self.done();
    }
}
