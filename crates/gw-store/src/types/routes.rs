//! Dynamic routes as stored. Plain data; a document is text that the store does not read.

use gw_model::Micros;

/// What a version is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionState {
    /// Being written; in force nowhere.
    Draft,
    /// In force.
    Published,
    /// Was in force.
    Archived,
}

impl VersionState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Draft, Self::Published, Self::Archived];

    /// The word in the database and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Archived => "archived",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRoute {
    /// Id; random.
    pub id: String,
    /// What callers name; unique.
    pub name: String,
    /// When it was made.
    pub created_at: Micros,
    /// When it was last changed.
    pub updated_at: Micros,
    /// Grows by one with each change.
    pub revision: i64,
    /// Newest first; at most [`MAX_VERSIONS`].
    pub versions: Vec<RouteVersion>,
}

/// Versions that are kept of a route; those archived longest ago go first.
pub const MAX_VERSIONS: usize = 100;

/// A version of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteVersion {
    /// Counts from 1.
    pub number: i64,
    /// The graph, as JSON.
    pub document: String,
    /// What it is.
    pub state: VersionState,
    /// Who wrote it.
    pub author: String,
    /// What its author says of it.
    pub note: String,
    /// When it was written last.
    pub created_at: Micros,
    /// When it was put in force last.
    pub published_at: Option<Micros>,
}

/// A draft to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteDraft {
    /// The graph, as JSON.
    pub document: String,
    /// Who writes it.
    pub author: String,
    /// What its author says of it.
    pub note: String,
}

impl StoredRoute {
    /// The version in that state, where there is at most one.
    #[must_use]
    pub fn in_state(&self, state: VersionState) -> Option<&RouteVersion> {
        self.versions.iter().find(|version| version.state == state)
    }

    /// The archived versions that must go so that at most `room` are left; those archived longest ago go first.
    #[must_use]
    pub fn surplus(&self, room: usize) -> Vec<&RouteVersion> {
        let mut archived: Vec<&RouteVersion> =
            self.versions.iter().filter(|version| version.state == VersionState::Archived).collect();
        archived.sort_by_key(|version| (version.published_at, version.number));
        archived.truncate(self.versions.len().saturating_sub(room));
        archived
    }

    /// The version that was in force before the one that is now.
    #[must_use]
    pub fn before(&self) -> Option<&RouteVersion> {
        let archived = self.versions.iter().filter(|version| version.state == VersionState::Archived);
        archived.max_by_key(|version| (version.published_at, version.number))
    }
}
