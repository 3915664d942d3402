//! Fuzzing of WebSocket frames.

use crate::websocket::{Piece, Sender, Splitter};

/// The splitter of frames: however a stream is cut, the same frames come out, every byte once, and the same fault.
///
/// # Panics
/// An invariant is broken.
pub fn fuzz_websocket(data: &[u8]) {
    let step = data.first().map_or(1, |b| usize::from(*b) % 13 + 1);
    for sender in [Sender::Client, Sender::Server] {
        let (whole, fault) = split(data, data.len().max(1), sender);
        let (cut, cut_fault) = split(data, step, sender);
        assert!(fault == cut_fault, "a cut changes the fault");
        let raw = |pieces: &[Piece]| pieces.iter().flat_map(|p| p.raw.to_vec()).collect::<Vec<u8>>();
        assert!(data.starts_with(&raw(&whole)), "bytes are lost or twice");
        assert!(raw(&whole) == raw(&cut), "a cut changes the bytes");
        assert!(messages(&whole) == messages(&cut), "a cut changes the messages");
    }
}

fn split(data: &[u8], step: usize, sender: Sender) -> (Vec<Piece>, bool) {
    let mut splitter = Splitter::new(sender, 1 << 16);
    let mut out = Vec::new();
    for part in data.chunks(step) {
        splitter.buffer().extend_from_slice(part);
        loop {
            match splitter.next() {
                Ok(Some(piece)) => out.push(piece),
                Ok(None) => break,
                Err(_) => return (out, true),
            }
        }
    }
    (out, false)
}

/// Payloads: of every control frame, and of all data together with its message ends.
fn messages(pieces: &[Piece]) -> (Vec<Vec<u8>>, Vec<u8>, Vec<usize>) {
    let (mut controls, mut data, mut ends) = (Vec::new(), Vec::new(), Vec::new());
    for piece in pieces {
        if piece.opcode.is_control() {
            controls.push(piece.payload());
        } else {
            piece.payload_into(&mut data);
            if piece.ends_message {
                ends.push(data.len());
            }
        }
    }
    (controls, data, ends)
}
