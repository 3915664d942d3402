//! What a call asked and got, on its way to whoever tells of its trace. The call ends before its last byte has left, so there is a
//! place for it that is filled a little later. All places together hold a bounded number of bytes.

use crate::WireFormat;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// Most bytes in all places of a gateway.
pub const MAX_CONTENT_BYTES: usize = 64 << 20;

/// Both bodies of a call, as its record may keep them.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    /// The caller's wire format.
    pub format: WireFormat,
    /// What was asked, as guardrails left it.
    pub request: Vec<u8>,
    /// What the caller got.
    pub response: Vec<u8>,
    /// Its `content-type`.
    pub response_type: String,
    /// There was more of the request.
    pub is_request_cut: bool,
    /// There was more of the response.
    pub is_response_cut: bool,
    /// Personal data and credentials are to be masked.
    pub is_masked: bool,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Content").field("format", &self.format).finish_non_exhaustive()
    }
}

/// The room of all places.
#[derive(Clone, Debug, Default)]
pub struct ContentRoom(Arc<AtomicUsize>);

impl ContentRoom {
    /// A place that is empty.
    #[must_use]
    pub fn place(&self) -> Arc<ContentPlace> {
        Arc::new(ContentPlace { content: OnceLock::new(), room: self.clone(), taken: AtomicUsize::new(0) })
    }
}

/// See the module.
#[derive(Debug)]
pub struct ContentPlace {
    /// `None` within: there was no room.
    content: OnceLock<Option<Content>>,
    room: ContentRoom,
    taken: AtomicUsize,
}

impl ContentPlace {
    /// Fills it, once. False where there is no room: what it would have held is not told.
    pub fn fill(&self, content: Content) -> bool {
        let bytes = content.request.len().saturating_add(content.response.len());
        let room = &self.room.0;
        let fits = room.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) <= MAX_CONTENT_BYTES;
        if fits {
            self.taken.store(bytes, Ordering::Relaxed);
        } else {
            room.fetch_sub(bytes, Ordering::Relaxed);
        }
        // Whoever keeps bodies fills it, and only they.
        let _ = self.content.set(fits.then_some(content));
        fits
    }

    /// Is it filled?
    #[must_use]
    pub fn is_filled(&self) -> bool {
        self.content.get().is_some()
    }

    /// What is in it.
    #[must_use]
    pub fn content(&self) -> Option<&Content> {
        self.content.get()?.as_ref()
    }
}

impl Drop for ContentPlace {
    fn drop(&mut self) {
        self.room.0.fetch_sub(*self.taken.get_mut(), Ordering::Relaxed);
    }
}

/// A place is no other's, whatever is in it.
impl PartialEq for ContentPlace {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for ContentPlace {}
