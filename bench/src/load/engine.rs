//! The closed loop itself: N connections, each sending its next request when the last is answered,
//! with a warm-up and a window. Failures are counted and the connection replaced.

use super::answer::{Answer, Fed};
use super::check::Expect;
use super::request::Template;
use crate::error::BenchError;
use crate::poller::{Poller, Ready};
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

/// A load to run.
#[derive(Debug)]
pub(crate) struct Load {
    /// Loopback port of the system.
    pub(crate) port: u16,
    /// Connections, each with one request at a time.
    pub(crate) connections: usize,
    /// The connections start spread over this time, so that paced streams do not march in step.
    pub(crate) ramp: Duration,
    /// Time before the window.
    pub(crate) warmup: Duration,
    /// Requests before the window: what is made at a key's first use is no cost of every request.
    pub(crate) warmup_completed: u64,
    /// Length of the window.
    pub(crate) window: Duration,
    /// The window grows until this many requests are complete ...
    pub(crate) min_completed: u64,
    /// ... but to no more than this length.
    pub(crate) max_window: Duration,
}

/// What the window showed.
#[derive(Debug)]
pub(crate) struct Measured {
    /// Length of the window.
    pub(crate) elapsed: Duration,
    /// Right answers that were completed in the window.
    pub(crate) completed: u64,
    /// Wrong, cut or missing answers, warm-up included.
    pub(crate) failed: u64,
    /// The first failure's description.
    pub(crate) first_failure: Option<String>,
    /// Time of each completed request, in nanoseconds, sorted.
    pub(crate) latencies_ns: Vec<u64>,
    /// Time to the first text of each, in nanoseconds, sorted.
    pub(crate) first_text_ns: Vec<u64>,
}

/// What all texts of the mock have.
const TEXT: &[u8] = b"tok-";
/// Requests that may fail before the load is given up.
const MAX_FAILED: u64 = 200;
/// How long the last answers are waited for after the window.
const DRAIN: Duration = Duration::from_secs(2);

struct Conn {
    stream: TcpStream,
    answer: Answer,
    started: Instant,
    first_text: Option<Instant>,
    sent: usize,
    busy: bool,
}

struct Engine<'a> {
    load: &'a Load,
    template: &'a mut Template,
    expect: &'a Expect,
    poller: Poller,
    conns: Vec<Option<Conn>>,
    busy: usize,
    sending: bool,
    measured: Measured,
}

/// Runs the load. `at_begin` is called when the window opens, `at_end` when it closes.
pub(crate) fn run<T>(
    load: &Load,
    template: &mut Template,
    expect: &Expect,
    mut sample: impl FnMut() -> Result<T, BenchError>,
) -> Result<(Measured, T, T), BenchError> {
    let mut engine = Engine {
        load,
        template,
        expect,
        poller: Poller::new()?,
        conns: Vec::new(),
        busy: 0,
        sending: true,
        measured: Measured {
            elapsed: Duration::ZERO,
            completed: 0,
            failed: 0,
            first_failure: None,
            latencies_ns: Vec::with_capacity(1 << 18),
            first_text_ns: Vec::with_capacity(1 << 18),
        },
    };
    let begin = Instant::now();
    engine.until(|engine, now| {
        engine.open_due(now - begin)?;
        let elapsed = now - begin;
        let enough = engine.measured.completed >= load.warmup_completed || elapsed >= load.max_window;
        Ok(elapsed >= load.warmup && enough && engine.conns.len() == load.connections)
    })?;
    let before = sample()?;
    let window = Instant::now();
    engine.measured.completed = 0;
    engine.measured.latencies_ns.clear();
    engine.measured.first_text_ns.clear();
    engine.until(|engine, now| {
        let elapsed = now - window;
        let enough = engine.measured.completed >= load.min_completed;
        Ok((elapsed >= load.window && enough) || elapsed >= load.max_window.max(load.window))
    })?;
    engine.measured.elapsed = window.elapsed();
    let after = sample()?;
    engine.finish()?;
    let mut measured = engine.measured;
    measured.latencies_ns.sort_unstable();
    measured.first_text_ns.sort_unstable();
    Ok((measured, before, after))
}

impl Engine<'_> {
    /// Turns the loop until `done` says so or too much has failed.
    fn until(
        &mut self,
        mut done: impl FnMut(&mut Self, Instant) -> Result<bool, BenchError>,
    ) -> Result<(), BenchError> {
        let mut ready: Vec<Ready> = Vec::with_capacity(512);
        let mut scratch = vec![0_u8; 128 * 1024];
        loop {
            if done(self, Instant::now())? {
                return Ok(());
            }
            self.poller.wait(&mut ready, Some(Duration::from_millis(2)))?;
            for event in ready.drain(..) {
                self.turn(usize::try_from(event.token).unwrap_or(usize::MAX), event, &mut scratch)?;
            }
            if self.measured.failed > MAX_FAILED {
                let first = self.measured.first_failure.take().unwrap_or_default();
                return Err(BenchError::Measure(format!(
                    "more than {MAX_FAILED} requests failed; first: {first}"
                )));
            }
        }
    }

    /// Opens the connections that the ramp allows by now.
    fn open_due(&mut self, elapsed: Duration) -> Result<(), BenchError> {
        let allowed = if elapsed >= self.load.ramp {
            self.load.connections
        } else {
            let share = elapsed.as_secs_f64() / self.load.ramp.as_secs_f64();
            // At least one, so that a load starts at once.
            ((self.load.connections as f64 * share) as usize).clamp(1, self.load.connections)
        };
        while self.conns.len() < allowed {
            self.conns.push(None);
            self.connect(self.conns.len() - 1)?;
        }
        Ok(())
    }

    fn connect(&mut self, slot: usize) -> Result<(), BenchError> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.load.port))
            .map_err(BenchError::socket("connect to the system"))?;
        stream.set_nodelay(true).map_err(BenchError::socket("set TCP_NODELAY"))?;
        stream.set_nonblocking(true).map_err(BenchError::socket("set non-blocking"))?;
        self.poller.add(&stream, slot as u64)?;
        self.conns[slot] = Some(Conn {
            stream,
            answer: Answer::new(),
            started: Instant::now(),
            first_text: None,
            sent: 0,
            busy: false,
        });
        self.send(slot);
        Ok(())
    }

    /// Sends the next request on an idle connection, unless the load is over.
    fn send(&mut self, slot: usize) {
        if !self.sending {
            return;
        }
        let Some(conn) = self.conns[slot].as_mut() else { return };
        conn.answer.reset();
        conn.first_text = None;
        conn.sent = 0;
        conn.busy = true;
        self.busy += 1;
        conn.started = Instant::now();
        // A failed write shows as a closed connection at the next read.
        if let Ok(count) = conn.stream.write(self.template.next()) {
            conn.sent = count;
        }
        if !self.template.rest(conn.sent).is_empty() {
            let _ = self.poller.set_writable(&conn.stream, slot as u64, true);
        }
    }

    fn turn(&mut self, slot: usize, event: Ready, scratch: &mut [u8]) -> Result<(), BenchError> {
        let Some(conn) = self.conns.get_mut(slot).and_then(Option::as_mut) else { return Ok(()) };
        if event.writable {
            if let Ok(count) = conn.stream.write(self.template.rest(conn.sent)) {
                conn.sent += count;
            }
            if self.template.rest(conn.sent).is_empty() {
                self.poller.set_writable(&conn.stream, slot as u64, false)?;
            }
        }
        if !event.readable {
            return Ok(());
        }
        let outcome = match conn.stream.read(scratch) {
            Ok(0) if !conn.busy || conn.answer.closed() => Ok(Fed::Done),
            Ok(0) => Err("the connection was closed before the answer's end".to_owned()),
            Ok(count) => {
                let fed = conn.answer.feed(&scratch[..count]);
                if conn.first_text.is_none() && memchr::memmem::find(&conn.answer.body, TEXT).is_some() {
                    conn.first_text = Some(Instant::now());
                }
                fed
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                return Ok(());
            }
            Err(error) => Err(format!("the connection failed: {error}")),
        };
        match outcome {
            Ok(Fed::More) => Ok(()),
            Ok(Fed::Done) => self.complete(slot),
            Err(failure) => self.fail(slot, failure),
        }
    }

    fn complete(&mut self, slot: usize) -> Result<(), BenchError> {
        let Some(conn) = self.conns[slot].as_mut() else { return Ok(()) };
        if !conn.busy {
            // An idle connection was closed by the system, which it may do.
            return self.replace(slot);
        }
        let now = Instant::now();
        if let Err(failure) = self.expect.check(conn.answer.status, &conn.answer.body) {
            return self.fail(slot, failure);
        }
        conn.busy = false;
        self.busy -= 1;
        self.measured.completed += 1;
        self.measured.latencies_ns.push(nanos(now - conn.started));
        self.measured.first_text_ns.push(nanos(conn.first_text.unwrap_or(now) - conn.started));
        if conn.answer.close {
            return self.replace(slot);
        }
        self.send(slot);
        Ok(())
    }

    fn fail(&mut self, slot: usize, failure: String) -> Result<(), BenchError> {
        self.measured.failed += 1;
        self.measured.first_failure.get_or_insert(failure);
        if self.conns[slot].as_ref().is_some_and(|conn| conn.busy) {
            self.busy -= 1;
        }
        self.replace(slot)
    }

    fn replace(&mut self, slot: usize) -> Result<(), BenchError> {
        self.conns[slot] = None;
        if self.sending { self.connect(slot) } else { Ok(()) }
    }

    /// Lets the running requests end, so that the next system starts on a quiet machine.
    fn finish(&mut self) -> Result<(), BenchError> {
        self.sending = false;
        let begin = Instant::now();
        let completed = self.measured.completed;
        let (latencies, first_texts) = (self.measured.latencies_ns.len(), self.measured.first_text_ns.len());
        self.until(|engine, now| Ok(engine.busy == 0 || now - begin > DRAIN))?;
        // Answers after the window are not part of it.
        self.measured.completed = completed;
        self.measured.latencies_ns.truncate(latencies);
        self.measured.first_text_ns.truncate(first_texts);
        Ok(())
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
