//! What a session does with what it reads: frames go on as they came, with a look at what they say. A client's message
//! is held until policy has seen it whole; a provider's goes on at once. No socket is touched here.

use super::ending::Ending;
use super::ledger::Ledger;
use super::outbox::Outbox;
use super::policy::{Policy, Verdict};
use crate::reserve::hold_refusal;
use gw_model::snapshot::SessionSettings;
use gw_model::{Micros, Refusal};
use gw_store::memory::HoldRefused;
use gw_wire::openai_realtime::error_event;
use gw_wire::openai_realtime::server::{self, ServerEvent};
use gw_wire::websocket::{self, Fault, Opcode, Piece, Sender, Splitter};

/// Buffers above this are given back between messages.
const KEEP_BYTES: usize = 64 << 10;

/// Pieces of a message that is held, control frames between them included: empty fragments have no size to count.
const MAX_HELD: usize = 1 << 16;

/// Stands for a close frame without a code, and never on the wire.
const NO_CODE: u16 = 1005;

/// Stops a response that begins though there are no tokens left for it.
const CANCEL: &[u8] = br#"{"type":"response.cancel"}"#;

/// One of the two ends.
pub(super) struct Side {
    pub(super) splitter: Splitter,
    pub(super) out: Outbox,
    /// When something last came from it.
    pub(super) heard_at: Micros,
    /// Our own ping that waits for its answer.
    pub(super) ping: Option<[u8; 8]>,
    /// It has sent a close frame, with this code.
    pub(super) closed: Option<u16>,
}

impl Side {
    fn new(sender: Sender, limits: &SessionSettings, now: Micros) -> Self {
        let splitter = Splitter::new(sender, limits.max_message_bytes);
        Self { splitter, out: Outbox::default(), heard_at: now, ping: None, closed: None }
    }

    /// Is it the answer to our own ping? Then it is nobody else's.
    fn takes_pong(&mut self, piece: &Piece) -> bool {
        let ours = piece.opcode == Opcode::Pong && self.ping.is_some_and(|ping| piece.payload() == ping);
        if ours {
            self.ping = None;
        }
        ours
    }
}

/// See the module.
pub(super) struct Conversation {
    pub(super) client: Side,
    pub(super) upstream: Side,
    pub(super) ledger: Ledger,
    pub(super) policy: Policy,
    pub(super) limits: SessionSettings,
    /// The client was the first to say goodbye.
    client_began: bool,
    /// The client's message under way, with the control frames between its fragments.
    held: Vec<Piece>,
    /// What the held message says.
    asked: Vec<u8>,
    /// What the provider's message under way says.
    said: Vec<u8>,
}

impl Conversation {
    pub(super) fn new(ledger: Ledger, policy: Policy, now: Micros) -> Self {
        let limits = policy.live.snapshot.settings.realtime;
        Self {
            client: Side::new(Sender::Client, &limits, now),
            upstream: Side::new(Sender::Server, &limits, now),
            ledger,
            policy,
            limits,
            client_began: false,
            held: Vec::new(),
            asked: Vec::new(),
            said: Vec::new(),
        }
    }

    /// Takes in what the client sent.
    pub(super) fn hear_client(&mut self) -> Result<(), Ending> {
        while self.client.closed.is_none() {
            let piece = match self.client.splitter.next() {
                Ok(Some(piece)) => piece,
                Ok(None) => break,
                Err(fault) => return Err(Ending::client_fault(fault)),
            };
            if self.held.len() >= MAX_HELD {
                return Err(Ending::client_fault(Fault::TooLarge));
            }
            match piece.opcode {
                Opcode::Close => {
                    let code = match websocket::read_close(&piece.payload()) {
                        Ok(code) => code,
                        // The session is over, and the client has been told so.
                        Err(_) if self.upstream.closed.is_some() => return Err(self.closed()),
                        Err(fault) => return Err(Ending::client_fault(fault)),
                    };
                    self.client_began = self.upstream.closed.is_none();
                    self.client.closed = Some(code.unwrap_or(NO_CODE));
                    self.release_controls();
                    self.upstream.out.control(piece.raw);
                }
                _ if self.client.takes_pong(&piece) => {}
                opcode if opcode.is_control() && self.asked_nothing() => self.upstream.out.control(piece.raw),
                opcode if opcode.is_control() => self.held.push(piece),
                _ => self.hold(piece)?,
            }
        }
        Ok(())
    }

    fn asked_nothing(&self) -> bool {
        self.held.is_empty()
    }

    /// Keeps a piece of a message; judges it when it is whole.
    fn hold(&mut self, piece: Piece) -> Result<(), Ending> {
        piece.payload_into(&mut self.asked);
        let (is_whole, is_text) = (piece.ends_message, piece.opcode == Opcode::Text);
        self.held.push(piece);
        if !is_whole {
            return Ok(());
        }
        if is_text && std::str::from_utf8(&self.asked).is_err() {
            return Err(Ending::client_fault(Fault::Text));
        }
        let message = std::mem::take(&mut self.asked);
        let verdict = self.policy.judge(&message, &mut self.ledger);
        self.asked = reused(message);
        match verdict {
            // After its goodbye the provider takes no more.
            _ if self.upstream.closed.is_some() => self.held.clear(),
            Verdict::Forward => {
                for piece in self.held.drain(..) {
                    self.upstream.out.piece(piece.raw, piece.ends_frame, true);
                }
            }
            Verdict::Rewrite(text) => {
                self.release_controls();
                self.held.clear();
                self.tell_upstream(&text);
            }
            Verdict::Refuse { refusal, event_id } => {
                self.release_controls();
                self.held.clear();
                self.tell_client(&refusal, event_id.as_deref());
            }
            Verdict::Cut(refusal) => return Err(Ending::cut(refusal)),
        }
        Ok(())
    }

    /// Lets the control frames go ahead of the message that they came in the midst of: who waits for a pong may not
    /// go on without it.
    pub(super) fn release_controls(&mut self) {
        let out = &mut self.upstream.out;
        self.held.retain(|piece| {
            if piece.opcode.is_control() {
                out.control(piece.raw.clone());
            }
            !piece.opcode.is_control()
        });
    }

    /// Takes in what the provider sent.
    pub(super) fn hear_upstream(&mut self) -> Result<(), Ending> {
        while self.upstream.closed.is_none() {
            let piece = match self.upstream.splitter.next() {
                Ok(Some(piece)) => piece,
                Ok(None) => break,
                Err(fault) => return Err(Ending::upstream_fault(fault)),
            };
            match piece.opcode {
                Opcode::Close => {
                    let code = match websocket::read_close(&piece.payload()) {
                        Ok(code) => code,
                        // It is over, as the client wanted it to be.
                        Err(_) if self.client.closed.is_some() => return Err(Ending::left()),
                        Err(fault) => return Err(Ending::upstream_fault(fault)),
                    };
                    self.upstream.closed = Some(code.unwrap_or(NO_CODE));
                    self.client.out.control(piece.raw);
                }
                _ if self.upstream.takes_pong(&piece) => {}
                opcode if opcode.is_control() => self.client.out.control(piece.raw),
                opcode => {
                    let heard = if opcode == Opcode::Text { self.listen(&piece)? } else { Ok(()) };
                    self.client.out.piece(piece.raw, piece.ends_frame, piece.ends_message);
                    heard?;
                }
            }
        }
        Ok(())
    }

    /// Reads an event once it is whole. What it costs is settled before its last byte goes on. Errors: this piece must
    /// not go on; the inner one: nothing may behind it.
    fn listen(&mut self, piece: &Piece) -> Result<Result<(), Ending>, Ending> {
        piece.payload_into(&mut self.said);
        if !piece.ends_message {
            return Ok(Ok(()));
        }
        if std::str::from_utf8(&self.said).is_err() {
            return Err(Ending::upstream_fault(Fault::Text));
        }
        Ok(self.heed())
    }

    /// What a whole event means for the session.
    fn heed(&mut self) -> Result<(), Ending> {
        let message = std::mem::take(&mut self.said);
        let event = server::read(&message);
        self.said = reused(message);
        let kept = match event {
            ServerEvent::Session { transcription_model } => {
                let info = transcription_model.and_then(|model| self.policy.transcription(&model));
                self.ledger.transcribe_with(info);
                Ok(())
            }
            ServerEvent::Created => self.ledger.begun(),
            ServerEvent::Error => self.ledger.refused(),
            ServerEvent::Done { charged } => self.ledger.done(charged),
            ServerEvent::Transcribed { charged } => self.ledger.transcribed(charged),
            ServerEvent::Said { bytes, is_audio } => self.ledger.said(bytes, is_audio),
            ServerEvent::Other => Ok(()),
        };
        let Err(refused) = kept else { return Ok(()) };
        let refusal = hold_refusal(&refused);
        match refused {
            HoldRefused::Limit(_) | HoldRefused::TooLarge { .. } => {
                self.tell_client(&refusal, None);
                self.tell_upstream(CANCEL);
                Ok(())
            }
            HoldRefused::Budget { .. }
            | HoldRefused::Cap { .. }
            | HoldRefused::Unavailable
            | HoldRefused::NotRecorded => Err(Ending::cut(refusal)),
        }
    }

    /// An error event of the gateway's own.
    pub(super) fn tell_client(&mut self, refusal: &Refusal, caused_by: Option<&str>) {
        let id = format!("event_{:016x}", self.random());
        let event = error_event(refusal, &id, caused_by);
        self.client.out.own(websocket::write(Opcode::Text, &event, None));
    }

    fn tell_upstream(&mut self, text: &[u8]) {
        let mask = self.mask();
        self.upstream.out.own(websocket::write(Opcode::Text, text, Some(mask)));
    }

    /// The ending of a session that was closed by either side.
    pub(super) const fn closed(&self) -> Ending {
        Ending::closed(if self.client_began { None } else { self.upstream.closed })
    }

    /// A mask for a frame of our own.
    pub(super) fn mask(&self) -> [u8; 4] {
        let [a, b, c, d, ..] = self.random().to_ne_bytes();
        [a, b, c, d]
    }

    pub(super) fn random(&self) -> u64 {
        self.ledger.ticket().map_or(0, |ticket| ticket.worker().random_u64())
    }

    pub(super) fn now(&self) -> Micros {
        self.ledger.ticket().map_or(0, |ticket| ticket.worker().now())
    }
}

/// An empty buffer; the room of a small one is kept.
fn reused(mut buffer: Vec<u8>) -> Vec<u8> {
    if buffer.capacity() > KEEP_BYTES {
        return Vec::new();
    }
    buffer.clear();
    buffer
}
