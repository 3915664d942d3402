//! Lines and crowds together: who waits, for which deployments, and for which model. Pure; whoever comes in stands in the
//! lines of all deployments that would do, and leaves all of them at once. It must not wake anybody.

use super::Id;
use super::crowd::Crowd;
use super::line::Line;
use gw_model::{KeyId, Priority};
use smallvec::SmallVec;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

/// Most calls that wait in the process, for all models together: callers can name as many models as they like.
pub(super) const MAX_WAITING: usize = 100_000;

/// Who wants to come in.
#[derive(Clone, Debug)]
pub(super) struct Entrant<P> {
    pub(super) model: Arc<str>,
    pub(super) priority: Priority,
    pub(super) key: KeyId,
    /// Deployments that would do, each with the most calls that may be there.
    pub(super) spots: SmallVec<[(P, u32); 4]>,
}

/// See the module. `P` names a deployment.
#[derive(Debug)]
pub(super) struct Hall<P> {
    next: Id,
    waiting: HashMap<Id, Entrant<P>>,
    lines: HashMap<P, Line>,
    crowds: HashMap<Arc<str>, Crowd>,
}

impl<P> Default for Hall<P> {
    fn default() -> Self {
        Self { next: 0, waiting: HashMap::new(), lines: HashMap::new(), crowds: HashMap::new() }
    }
}

/// What came of somebody's coming in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entered {
    /// There is no room.
    No,
    /// They wait.
    As {
        id: Id,
        /// Who has to give way, and still is here.
        instead_of: Option<Id>,
    },
}

impl<P: Copy + Eq + Hash> Hall<P> {
    /// Somebody comes in, if there is room: at most `most` wait for one model.
    pub(super) fn enter(&mut self, entrant: Entrant<P>, most: usize) -> Entered {
        if self.waiting.len() >= MAX_WAITING {
            return Entered::No;
        }
        let crowd = self.crowds.get(&entrant.model);
        let mut instead_of = None;
        if crowd.map_or(0, Crowd::len) >= most {
            instead_of = crowd.and_then(|crowd| crowd.gives_way(entrant.priority, entrant.key));
            if instead_of.is_none() || most == 0 {
                return Entered::No;
            }
        }
        let id = self.next;
        self.next += 1;
        let (priority, key) = (entrant.priority, entrant.key);
        self.crowds.entry(Arc::clone(&entrant.model)).or_default().push(id, priority, key);
        for (place, _) in &entrant.spots {
            self.lines.entry(*place).or_default().push(id, priority, key);
        }
        self.waiting.insert(id, entrant);
        Entered::As { id, instead_of }
    }

    /// Somebody leaves, whose turn came at `served` or who gave up. `None`: they were not here any more.
    pub(super) fn leave(&mut self, id: Id, served: Option<P>) -> Option<Entrant<P>> {
        let entrant = self.waiting.remove(&id)?;
        if let Some(crowd) = self.crowds.get_mut(&entrant.model) {
            crowd.remove(id, entrant.priority, entrant.key);
            if crowd.len() == 0 {
                self.crowds.remove(&entrant.model);
            }
        }
        for (place, _) in &entrant.spots {
            let Some(line) = self.lines.get_mut(place) else { continue };
            line.remove(id, entrant.priority, entrant.key, served == Some(*place));
            if line.is_empty() {
                self.lines.remove(place);
            }
        }
        Some(entrant)
    }

    /// Whose turn it is at a deployment, and the most calls that may be there for them, if `has_room` for so many.
    pub(super) fn next(&self, place: P, has_room: impl Fn(u32) -> bool) -> Option<(Id, u32)> {
        let most = |id: Id| {
            let spots = &self.waiting.get(&id)?.spots;
            spots.iter().find(|(spot, _)| *spot == place).map(|(_, most)| *most)
        };
        let id = self.lines.get(&place)?.next(&|id| most(id).is_some_and(&has_room))?;
        Some((id, most(id)?))
    }

    /// How many get their turn before a further call does, at the deployment where that is the most.
    pub(super) fn before(&self, entrant: &Entrant<P>) -> usize {
        let before =
            |place: &P| self.lines.get(place).map_or(0, |line| line.before(entrant.priority, entrant.key));
        entrant.spots.iter().map(|(place, _)| before(place)).max().unwrap_or(0)
    }

    /// How many wait for each model, of those for which somebody does.
    pub(super) fn crowds(&self) -> impl Iterator<Item = (&Arc<str>, usize)> {
        self.crowds.iter().map(|(model, crowd)| (model, crowd.len()))
    }

    /// How many wait for a model.
    pub(super) fn waiting_for(&self, model: &str) -> usize {
        self.crowds.get(model).map_or(0, Crowd::len)
    }
}
