//! Lines of the gateway's own log on their way to a collector: where they are logged they are put in a queue, and the thread that
//! tells collectors takes them out. It is bounded, and nobody waits for it: what does not fit is dropped and counted. What that
//! thread logs itself is left out: a collector that fails would else be told so for ever.

use gw_model::Micros;
use gw_model::telemetry::Severity;
use gw_telemetry::lines::{Line, MAX_FIELDS};
use parking_lot::Mutex;
use std::cell::Cell;
use std::fmt::{Debug, Write};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// Most lines that wait until the thread looks, which it does some times a second.
const MOST_WAITING: usize = 1_024;

/// Lines that wait. There is one log of a process, and one queue.
static WAITING: Waiting = Waiting::new();

thread_local! {
    /// This is the thread that tells collectors.
    static TELLS: Cell<bool> = const { Cell::new(false) };
}

/// See the module.
struct Waiting {
    /// Below this nothing is taken. Until it is known what is wanted, lines of the start are kept.
    least: AtomicU8,
    lines: Mutex<Vec<Line>>,
    dropped: AtomicU64,
}

/// No severity is as high.
const NOTHING: u8 = u8::MAX;

impl Waiting {
    const fn new() -> Self {
        Self {
            least: AtomicU8::new(Severity::Info as u8),
            lines: Mutex::new(Vec::new()),
            dropped: AtomicU64::new(0),
        }
    }

    fn want(&self, least: Option<Severity>) {
        let number = least.map_or(NOTHING, |least| least as u8);
        if self.least.swap(number, Ordering::Relaxed) != number {
            self.lines.lock().retain(|line| line.severity as u8 >= number);
        }
        if least.is_none() {
            self.dropped.store(0, Ordering::Relaxed);
        }
    }

    fn takes(&self, severity: Severity) -> bool {
        severity as u8 >= self.least.load(Ordering::Relaxed)
    }

    fn put(&self, line: Line) {
        let mut lines = self.lines.lock();
        if lines.len() >= MOST_WAITING {
            drop(lines);
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        lines.push(line);
    }

    fn take(&self) -> (Vec<Line>, u64) {
        (std::mem::take(&mut *self.lines.lock()), self.dropped.swap(0, Ordering::Relaxed))
    }
}

/// From now on, lines of at least this are wanted; none at all without it.
pub(super) fn want(least: Option<Severity>) {
    WAITING.want(least);
}

/// Takes all out; and how many did not fit.
pub(super) fn take() -> (Vec<Line>, u64) {
    WAITING.take()
}

/// What this thread logs is not told.
pub(super) fn leave_out_this_thread() {
    TELLS.with(|tells| tells.set(true));
}

/// Hears what is logged.
pub(super) struct Ear;

impl<S: Subscriber> Layer<S> for Ear {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let severity = match *metadata.level() {
            Level::ERROR => Severity::Error,
            Level::WARN => Severity::Warn,
            Level::INFO => Severity::Info,
            _ => return,
        };
        // A thread that ends has no such mark any more.
        if !WAITING.takes(severity) || TELLS.try_with(Cell::get).unwrap_or(true) {
            return;
        }
        let mut texts = Texts::default();
        event.record(&mut texts);
        let Texts { message, fields } = texts;
        WAITING.put(Line { time: wall(), severity, target: metadata.target(), message, fields });
    }
}

#[expect(clippy::disallowed_methods, reason = "when a line was logged, as on stderr")]
fn wall() -> Micros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Micros::try_from(since.as_micros()).unwrap_or(Micros::MAX)
}

/// What a line says.
#[derive(Default)]
struct Texts {
    message: String,
    fields: Vec<(&'static str, String)>,
}

impl Visit for Texts {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        // Writing to a String can not fail.
        let _ = write!(text, "{value:?}");
        self.record_str(field, &text);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.message = Line::text(value);
        } else if self.fields.len() < MAX_FIELDS {
            self.fields.push((field.name(), Line::text(value)));
        }
    }
}

#[cfg(test)]
mod tests;
