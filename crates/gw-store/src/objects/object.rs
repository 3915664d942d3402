//! An object and what is asked of a store about it. Plain data.

use gw_model::{KeyId, Micros};

/// Kinds of objects. Their codes are stored; they are never given to another kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectKind {
    /// A file.
    File,
    /// A batch.
    Batch,
    /// A stored response.
    Response,
    /// A conversation.
    Conversation,
    /// A file that is uploaded in parts.
    Upload,
    /// An item of a stored response.
    Item,
    /// Whatever else a provider keeps for its maker.
    Other,
}

impl ObjectKind {
    /// Every kind.
    pub const ALL: &'static [Self] =
        &[Self::File, Self::Batch, Self::Response, Self::Conversation, Self::Upload, Self::Item, Self::Other];

    /// The code that is stored.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::File => 1,
            Self::Batch => 2,
            Self::Response => 3,
            Self::Conversation => 4,
            Self::Upload => 5,
            Self::Item => 6,
            Self::Other => 7,
        }
    }

    /// The kind of that code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }

    /// Whether a power cut must not lose whose it is, at the price of a forced write. There are too many responses
    /// for that, and they can be made again.
    pub(crate) const fn is_forced(self) -> bool {
        !matches!(self, Self::Response | Self::Item)
    }
}

/// Something that outlives the request that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// What it is.
    pub kind: ObjectKind,
    /// Its id, as callers name it. At most [`crate::journal::MAX_OBJECT_ID_BYTES`].
    pub id: String,
    /// Configured name of the provider that keeps it; empty when the gateway does.
    pub provider: String,
    /// Name of the provider's credential that it was made with, and in whose account it is; empty when it has no name.
    pub credential: String,
    /// Whose it is; [`KeyId::MASTER`] for the master key.
    pub owner: KeyId,
    /// The model that it was made with, as its caller named it; may be empty.
    pub model: String,
    /// What the endpoint of its kind wants to remember besides; opaque here, at most some hundred bytes.
    pub detail: String,
    /// When it was made, microseconds since the epoch.
    pub created: Micros,
    /// When it is forgotten; `None` when only its removal does that.
    pub expires: Option<Micros>,
}

impl Object {
    /// May this key use it? The master key may use everything.
    #[must_use]
    pub fn is_of(&self, who: KeyId) -> bool {
        who == KeyId::MASTER || who == self.owner
    }

    /// Is its time over?
    #[must_use]
    pub fn is_expired(&self, now: Micros) -> bool {
        self.expires.is_some_and(|at| at <= now)
    }

    /// Does the gateway keep it, and no provider?
    #[must_use]
    pub const fn is_kept_here(&self) -> bool {
        self.provider.is_empty()
    }
}

/// What to list.
#[derive(Clone, Debug)]
pub struct ObjectList {
    /// Of this kind; not responses and their items, of which nobody keeps lists.
    pub kind: ObjectKind,
    /// Of this key; `None` for everybody's.
    pub owner: Option<KeyId>,
    /// Only what comes behind the object of this id, in the order of the list.
    pub after: Option<String>,
    /// Oldest first, in place of newest first.
    pub oldest_first: bool,
    /// What is expired by then is left out.
    pub now: Micros,
    /// At most so many.
    pub limit: usize,
}

/// A change to be written.
#[derive(Clone, Copy, Debug)]
pub enum ObjectWrite<'a> {
    /// Adds an object, or replaces it, with its sealed content if it has one.
    Put {
        /// The object.
        object: &'a Object,
        /// Sealed.
        state: Option<&'a [u8]>,
    },
    /// Removes an object and its content.
    Remove {
        /// Kind.
        kind: ObjectKind,
        /// Id.
        id: &'a str,
    },
}
