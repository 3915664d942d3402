//! Reads the answer of a sub-call, which goes to no caller. It must not read more than it is told to.

use crate::reply::ReplyBody;
use bytes::Bytes;
use http_body::Body;
use std::future::poll_fn;
use std::pin::Pin;

/// Reads an answer to its end, at most `limit` bytes; each piece is passed on. False when it broke off, or is larger: it
/// is dropped then, which settles it by what was seen.
pub(crate) async fn drain(mut body: ReplyBody, limit: usize, mut on_piece: impl FnMut(Bytes)) -> bool {
    let mut left = limit;
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let Ok(frame) = frame else { return false };
        let Ok(piece) = frame.into_data() else { continue };
        match left.checked_sub(piece.len()) {
            Some(rest) => left = rest,
            None => return false,
        }
        on_piece(piece);
    }
    true
}
