//! The mock's event loop: one thread, one epoll, non-blocking sockets, level-triggered. It must stay
//! at least ten times faster than any gateway, so it allocates nothing per request.

use super::MockStats;
use super::answers::{Answers, BAD_REQUEST, StreamAnswer};
use super::request::{self, Ask, Progress};
use crate::error::BenchError;
use crate::poller::{Poller, Ready};
use crate::wire::{Mode, PACE_MS, Wire};
use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

const LISTENER: u64 = u64::MAX;
const PACE: Duration = Duration::from_millis(PACE_MS);
/// Chunks that a stalling stream sends before it falls silent.
const STALL_CHUNKS: usize = 2;

struct Conn {
    stream: TcpStream,
    generation: u32,
    /// Bytes of a request that has not come whole.
    input: Vec<u8>,
    /// The length `input` must reach before it is worth reading again.
    wanted: usize,
    /// Bytes the socket did not take at once.
    output: Vec<u8>,
    sending: Option<Sending>,
}

/// A stream under way.
#[derive(Clone, Copy)]
struct Sending {
    wire: Wire,
    include_usage: bool,
    next: usize,
    until: usize,
}

/// The whole state of the mock.
pub(super) struct Server {
    listener: TcpListener,
    poller: Poller,
    answers: Answers,
    conns: Vec<Option<Conn>>,
    free: Vec<usize>,
    generation: u32,
    /// Frames to come. All pauses are equal, so the queue is in order of time.
    timers: VecDeque<(Instant, usize, u32)>,
    stats: Arc<MockStats>,
}

impl Server {
    pub(super) fn new(listener: TcpListener, stats: Arc<MockStats>) -> Result<Self, BenchError> {
        listener.set_nonblocking(true).map_err(BenchError::socket("mock listener"))?;
        let poller = Poller::new()?;
        poller.add(&listener, LISTENER)?;
        Ok(Self {
            listener,
            poller,
            answers: Answers::new(),
            conns: Vec::new(),
            free: Vec::new(),
            generation: 0,
            timers: VecDeque::new(),
            stats,
        })
    }

    /// Serves until the process ends.
    pub(super) fn run(mut self) -> Result<(), BenchError> {
        let mut ready: Vec<Ready> = Vec::with_capacity(1024);
        let mut scratch = vec![0_u8; 256 * 1024];
        loop {
            let timeout = self.timers.front().map(|(due, ..)| due.saturating_duration_since(Instant::now()));
            self.poller.wait(&mut ready, timeout)?;
            for event in ready.drain(..) {
                if event.token == LISTENER {
                    self.accept()?;
                } else {
                    self.serve(usize::try_from(event.token).unwrap_or(usize::MAX), event, &mut scratch);
                }
            }
            self.send_due_frames();
        }
    }

    fn accept(&mut self) -> Result<(), BenchError> {
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(true).map_err(BenchError::socket("mock connection"))?;
                    stream.set_nodelay(true).map_err(BenchError::socket("mock connection"))?;
                    let slot = self.free.pop().unwrap_or_else(|| {
                        self.conns.push(None);
                        self.conns.len() - 1
                    });
                    self.poller.add(&stream, slot as u64)?;
                    self.generation = self.generation.wrapping_add(1);
                    self.conns[slot] = Some(Conn {
                        stream,
                        generation: self.generation,
                        input: Vec::new(),
                        wanted: 0,
                        output: Vec::new(),
                        sending: None,
                    });
                    self.stats.open.fetch_add(1, Relaxed);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                // A caller that left before it was accepted, or no handle left for now.
                Err(_) => return Ok(()),
            }
        }
    }

    fn serve(&mut self, slot: usize, event: Ready, scratch: &mut [u8]) {
        let Some(mut conn) = self.conns.get_mut(slot).and_then(Option::take) else { return };
        let mut alive = true;
        if event.writable {
            alive = self.flush(&mut conn, slot);
        }
        if alive && event.readable {
            alive = self.read(&mut conn, slot, scratch);
        }
        if alive {
            self.conns[slot] = Some(conn);
        } else {
            // Dropping the stream takes it out of the epoll set.
            drop(conn);
            self.free.push(slot);
            self.stats.open.fetch_sub(1, Relaxed);
        }
    }

    fn read(&mut self, conn: &mut Conn, slot: usize, scratch: &mut [u8]) -> bool {
        let count = match conn.stream.read(scratch) {
            Ok(0) => return false,
            Ok(count) => count,
            Err(error) => return matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
        };
        // The common case: one read holds one whole request and nothing is left over.
        if conn.input.is_empty()
            && conn.sending.is_none()
            && let Progress::Complete { len, ask } = request::read(&scratch[..count])
            && len == count
        {
            return self.answer(conn, slot, ask);
        }
        conn.input.extend_from_slice(&scratch[..count]);
        self.advance(conn, slot)
    }

    /// Answers the requests that stand in `conn.input`.
    fn advance(&mut self, conn: &mut Conn, slot: usize) -> bool {
        while conn.sending.is_none() && !conn.input.is_empty() && conn.input.len() >= conn.wanted {
            match request::read(&conn.input) {
                Progress::Partial { at_least } => {
                    conn.wanted = at_least;
                    conn.input.reserve(at_least - conn.input.len());
                }
                Progress::Complete { len, ask } => {
                    conn.wanted = 0;
                    conn.input.drain(..len);
                    if !self.answer(conn, slot, ask) {
                        return false;
                    }
                }
                Progress::Bad => {
                    // The connection is given up, so it does not matter whether this is taken.
                    let _ = conn.stream.write(BAD_REQUEST);
                    return false;
                }
            }
        }
        true
    }

    fn answer(&mut self, conn: &mut Conn, slot: usize, ask: Ask) -> bool {
        self.stats.requests.fetch_add(1, Relaxed);
        let answers = self.answers.of(ask.wire);
        let stream = if ask.include_usage { &answers.with_usage } else { &answers.plain };
        match ask.mode {
            Mode::Whole => write(&self.poller, conn, slot, &answers.whole),
            Mode::Burst => write(&self.poller, conn, slot, &stream.burst),
            Mode::Paced | Mode::Stall => {
                let until = if ask.mode == Mode::Stall { STALL_CHUNKS } else { stream.chunks.len() };
                conn.sending =
                    Some(Sending { wire: ask.wire, include_usage: ask.include_usage, next: 0, until });
                self.timers.push_back((Instant::now() + PACE, slot, conn.generation));
                write(&self.poller, conn, slot, &stream.head)
            }
        }
    }

    fn send_due_frames(&mut self) {
        // One look at the clock per turn: what falls due meanwhile waits for the next turn.
        let now = Instant::now();
        while let Some(&(due, slot, generation)) = self.timers.front() {
            if due > now {
                return;
            }
            self.timers.pop_front();
            let Some(mut conn) = self.conns[slot].take_if(|conn| conn.generation == generation) else {
                continue;
            };
            if self.send_frame(&mut conn, slot, due) {
                self.conns[slot] = Some(conn);
            } else {
                self.free.push(slot);
                self.stats.open.fetch_sub(1, Relaxed);
            }
        }
    }

    fn send_frame(&mut self, conn: &mut Conn, slot: usize, due: Instant) -> bool {
        let Some(sending) = conn.sending.as_mut() else { return true };
        let answers = self.answers.of(sending.wire);
        let stream: &StreamAnswer = if sending.include_usage { &answers.with_usage } else { &answers.plain };
        let chunk = &stream.chunks[sending.next];
        sending.next += 1;
        if sending.next < sending.until {
            self.timers.push_back((due + PACE, slot, conn.generation));
        } else if sending.next == stream.chunks.len() {
            conn.sending = None;
        }
        write(&self.poller, conn, slot, chunk) && self.advance(conn, slot)
    }

    fn flush(&mut self, conn: &mut Conn, slot: usize) -> bool {
        let pending = std::mem::take(&mut conn.output);
        self.poller.set_writable(&conn.stream, slot as u64, false).is_ok()
            && write(&self.poller, conn, slot, &pending)
    }
}

/// Writes what the socket takes; keeps the rest. False when the connection is gone.
fn write(poller: &Poller, conn: &mut Conn, slot: usize, mut bytes: &[u8]) -> bool {
    if !conn.output.is_empty() {
        conn.output.extend_from_slice(bytes);
        return true;
    }
    while !bytes.is_empty() {
        match conn.stream.write(bytes) {
            Ok(0) => return false,
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                conn.output.extend_from_slice(bytes);
                return poller.set_writable(&conn.stream, slot as u64, true).is_ok();
            }
            Err(_) => return false,
        }
    }
    true
}
