//! Decides whether an answer is complete and right. Every answer of every measurement passes here:
//! a system that drops frames must not look fast. It does no timing.

use crate::wire::{Mode, Wire};
use memchr::memmem::Finder;

/// What a right answer holds.
#[derive(Debug)]
pub(crate) struct Expect {
    /// Text pieces, in order.
    pieces: usize,
    /// What the answer must end with, or `None` for a whole answer.
    end_mark: Option<&'static [u8]>,
    /// The caller did not ask for usage, so a stream must not show it.
    hides_usage: bool,
    piece: Finder<'static>,
    usage: Finder<'static>,
}

impl Expect {
    /// `caller` is the format the load generator speaks, `upstream` that of the mock behind the system.
    /// `strict` also demands that usage which the caller did not ask for stays hidden.
    pub(crate) fn new(caller: Wire, upstream: Wire, mode: Mode, strict: bool) -> Self {
        let streams = mode.streams();
        Self {
            pieces: if streams { upstream.stream_pieces() } else { 1 },
            end_mark: streams.then(|| caller.end_mark()),
            hides_usage: strict && streams && caller == Wire::Chat,
            piece: Finder::new(b"tok-"),
            usage: Finder::new(match caller {
                Wire::Chat => b"\"completion_tokens\"".as_slice(),
                Wire::Messages => b"\"output_tokens\"".as_slice(),
            }),
        }
    }

    /// Checks a complete answer; the error says what is wrong with it.
    pub(crate) fn check(&self, status: u16, body: &[u8]) -> Result<(), String> {
        if status != 200 {
            let text = String::from_utf8_lossy(&body[..body.len().min(300)]);
            return Err(format!("status {status}: {text}"));
        }
        let mut found = 0;
        for at in self.piece.find_iter(body) {
            let number = body.get(at + 4..at + 6).and_then(|digits| std::str::from_utf8(digits).ok());
            if number.and_then(|digits| digits.parse().ok()) != Some(found) {
                return Err(format!("text piece {found} is missing or out of order"));
            }
            found += 1;
        }
        if found != self.pieces {
            return Err(format!("{found} of {} text pieces came", self.pieces));
        }
        let has_usage = self.usage.find(body).is_some();
        match self.end_mark {
            None if !has_usage => Err("the answer has no usage".to_owned()),
            None if body.trim_ascii_end().last() != Some(&b'}') => Err("the answer's JSON is cut".to_owned()),
            None => Ok(()),
            Some(mark) => {
                let tail = &body[body.len().saturating_sub(120)..];
                if !body.ends_with(b"\n\n") || memchr::memmem::find(tail, mark).is_none() {
                    Err("the stream has no end mark".to_owned())
                } else if self.hides_usage && has_usage {
                    Err("the stream shows usage that was not asked for".to_owned())
                } else {
                    Ok(())
                }
            }
        }
    }
}
