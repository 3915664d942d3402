//! What a document says, before anybody looks what there is. Plain data.

use gw_config::Place;
use gw_model::{AccountId, KeyId, KeyPolicy, Level, Role, Secret};
use gw_store::types::AccountProfile;

/// A place in one of the files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    /// The file's number.
    pub(crate) file: usize,
    /// Where in it.
    pub(crate) place: Place,
}

impl Spot {
    /// Where it is, for whoever stands at another place.
    pub(crate) fn told(self, from: Self) -> String {
        let line = self.place.line;
        match self.file == from.file {
            true => format!("on line {line}"),
            false => format!("in another file, on line {line},"),
        }
    }
}

/// A place, and the field that stands there, as in `organizations[0].teams[2].name`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) spot: Spot,
    pub(crate) field: String,
}

/// Something that an entry names: by name, by path (`Acme/Search`), by address or by id.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    pub(crate) entry: Entry,
    pub(crate) level: Level,
    pub(crate) text: String,
}

/// What an entry belongs to.
#[derive(Clone, Debug)]
pub(crate) enum Above {
    /// The entry that it stands in, by its number.
    Within(usize),
    /// What it names.
    Named(Reference),
}

/// An account that is to be.
#[derive(Clone, Debug)]
pub(crate) struct WantedAccount {
    pub(crate) entry: Entry,
    pub(crate) level: Level,
    /// The account of that id, whatever its name is now.
    pub(crate) id: Option<AccountId>,
    pub(crate) above: Option<Above>,
    /// Without plan and memberships.
    pub(crate) profile: AccountProfile,
    pub(crate) plan: Option<Reference>,
    pub(crate) memberships: Vec<(Reference, Role)>,
}

/// A key that is to be.
#[derive(Clone, Debug)]
pub(crate) struct WantedKey {
    pub(crate) entry: Entry,
    /// The key of that id, whatever its name is now.
    pub(crate) id: Option<KeyId>,
    /// Without what it belongs to; labels for reports included.
    pub(crate) policy: KeyPolicy,
    pub(crate) team: Option<Above>,
    pub(crate) project: Option<Above>,
    pub(crate) user: Option<Above>,
    pub(crate) plan: Option<Reference>,
    /// The key itself, where the document has it.
    pub(crate) secret: Option<(Entry, Secret)>,
}

/// A whole document.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// Its name.
    pub(crate) document: String,
    pub(crate) accounts: Vec<WantedAccount>,
    pub(crate) keys: Vec<WantedKey>,
}
