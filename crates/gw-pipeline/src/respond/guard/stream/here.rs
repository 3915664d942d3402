//! Frames that are taken in while they still stand in the piece of the stream that they came in. Where nothing in them
//! is replaced or waits, they go on as that piece, and none of them becomes a frame of its own. Serves the guarding of
//! streams. It must not let another order or other bytes go on than frames one by one would.

use super::{Noted, StreamGuard, Waiting};
use bytes::Bytes;
use gw_guard::Blocked;
use gw_wire::frames::Frame;
use gw_wire::json::splice::Edit;
use gw_wire::sse::{self, FrameView, SseEvent as _};
use gw_wire::usage::Known;

/// A frame in its place.
pub(super) struct Here {
    /// Bytes of the piece.
    length: usize,
    /// How many pieces of texts it has.
    pieces: usize,
    /// Of texts that are whole in the frame.
    edits: Vec<Edit>,
    /// What stands in its place, where it had to be written anew; then nothing of it is left in the piece.
    anew: Option<Box<sse::Frame>>,
}

/// What is to be done with the bytes of a frame that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::respond) enum Place {
    /// They stay in the piece.
    Kept,
    /// They are left out of it.
    LeftOut,
}

impl StreamGuard {
    /// What is known of a frame by those before it, for the meter. It is to be asked before [`Self::take`].
    pub(in crate::respond) fn recognise(&mut self, view: &FrameView<'_>) -> Known {
        self.reader.recognise(view.event(), view.data())
    }

    /// Takes a frame where it stands, as [`Self::push`] does. Before anything else is taken, [`Self::release`] gives what may
    /// go on. A guardrail may stop the stream behind it.
    pub(in crate::respond) fn take(&mut self, view: &FrameView<'_>) -> (Place, Result<(), Blocked>) {
        // Nobody looks at comments and the like, so they do not go on.
        let anew = match view.is_bare() {
            true => None,
            false => match view.to_frame().without_others() {
                Some(frame) => Some(Box::new(frame)),
                None => return (Place::LeftOut, Ok(())),
            },
        };
        let noted = match &anew {
            None => self.note(view.event(), view.data(), view.raw.len()),
            Some(frame) => {
                self.reader.recognise(frame.event(), frame.data());
                self.note(frame.event(), frame.data(), frame.raw.len())
            }
        };
        let Noted { pieces, edits, ended } = match noted {
            Ok(noted) => noted,
            Err(stop) => return (Place::LeftOut, Err(stop)),
        };
        let is_text = anew.is_some() || self.reader.is_alike() || std::str::from_utf8(view.raw).is_ok();
        let anew = if is_text { anew } else { view.to_frame().without_others().map(Box::new) };
        let place = if anew.is_some() { Place::LeftOut } else { Place::Kept };
        let length = if anew.is_some() { 0 } else { view.raw.len() };
        self.here.push(Here { length, pieces, edits, anew });
        (place, self.noted(ended))
    }

    /// Puts out what may go on. `came` is what is left of the piece that was taken in; it is empty after.
    pub(in crate::respond) fn release(&mut self, came: &mut Vec<Bytes>, out: &mut Vec<Bytes>) {
        self.put_out(out);
        let ready = if self.waiting.is_empty() { self.ready() } else { 0 };
        let mut came = came.drain(..);
        let mut here = std::mem::take(&mut self.here);
        let mut bytes: usize = 0;
        let mut pieces = 0;
        for frame in here.drain(..ready) {
            bytes += frame.length;
            pieces += frame.pieces;
        }
        self.waiting_bytes -= bytes.min(self.waiting_bytes);
        self.pieces.drain(..pieces);
        let mut rest = Bytes::new();
        while bytes > 0 {
            rest = came.next().unwrap_or_default();
            if rest.is_empty() {
                break;
            }
            let ready = rest.split_to(bytes.min(rest.len()));
            bytes -= ready.len();
            out.push(ready);
        }
        for Here { length, pieces, edits, anew } in here.drain(..) {
            let frame = anew.map_or_else(
                || {
                    if rest.is_empty() {
                        rest = came.next().unwrap_or_default();
                    }
                    sse::Frame::parse(rest.split_to(length.min(rest.len())))
                },
                |frame| *frame,
            );
            self.waiting.push_back(Waiting { frame: Frame::Sse(frame), pieces, edits });
        }
        // Kept for its room.
        self.here = here;
        self.forget();
        self.put_out(out);
    }

    /// Makes room for the frames of a piece of so many bytes.
    pub(in crate::respond) fn expect(&mut self, bytes: usize) {
        let frames = bytes / FRAME_BYTES + 1;
        self.here.reserve(frames);
        self.pieces.reserve(frames);
    }

    /// Puts out those that waited.
    fn put_out(&mut self, out: &mut Vec<Bytes>) {
        while let Some(frame) = self.next() {
            out.push(frame.raw().clone());
        }
    }

    /// How many frames, from the first on, go on as they are.
    fn ready(&self) -> usize {
        let flows = &self.said.flows;
        if flows.iter().any(|open| open.flow.has_edits()) {
            return 0;
        }
        let mut pieces = self.pieces.iter();
        let mut is_ready = |frame: &&Here| {
            frame.anew.is_none()
                && frame.edits.is_empty()
                && pieces
                    .by_ref()
                    .take(frame.pieces)
                    .all(|piece| flows.get(piece.flow).is_some_and(|open| open.released >= piece.end))
        };
        self.here.iter().take_while(|frame| is_ready(frame)).count()
    }
}

/// Most frames of streams have more bytes.
const FRAME_BYTES: usize = 192;
