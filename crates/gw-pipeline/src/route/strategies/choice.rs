//! The members of a group among which a strategy chooses: all of them, or those whose conditions hold. It must not
//! order anything.

use super::weighted::scaled;
use crate::route::order::{Order, Scene};
use gw_model::routing::{Group, Member};

/// See the module. Members go by their indexes in the group.
pub(super) struct Choice<'g> {
    pub(super) group: &'g Group,
    /// `None` is all of them: most groups have no condition, and need no list.
    among: Option<Order>,
}

impl<'g> Choice<'g> {
    pub(super) fn new(group: &'g Group, scene: &Scene<'_>) -> Self {
        let among = group.is_conditional().then(|| {
            let holds = |(_, member): &(usize, &Member)| scene.holds(member);
            group.members.iter().enumerate().filter(holds).map(|(index, _)| index).collect()
        });
        Self { group, among }
    }

    pub(super) fn count(&self) -> usize {
        self.among.as_ref().map_or(self.group.members.len(), |among| among.len())
    }

    /// Each, in the order written, from the given place on and then from the first to there.
    pub(super) fn from(&self, first: usize) -> impl Iterator<Item = usize> + Clone {
        let count = self.count();
        (first..count).chain(0..first.min(count)).filter_map(move |place| self.at(place))
    }

    fn at(&self, place: usize) -> Option<usize> {
        match &self.among {
            None => Some(place),
            Some(among) => among.get(place).copied(),
        }
    }

    pub(super) fn member(&self, index: usize) -> Option<&'g Member> {
        self.group.members.get(index)
    }

    pub(super) fn weight(&self, index: usize) -> u32 {
        self.member(index).map_or(0, |member| member.weight)
    }

    /// Sum of all weights.
    pub(super) fn total_weight(&self) -> u64 {
        match &self.among {
            None => self.group.total_weight(),
            Some(among) => among.iter().map(|index| u64::from(self.weight(*index))).sum(),
        }
    }

    /// The member whose share of the weights covers a number of all 64 bits, when there are weights.
    pub(super) fn drawn(&self, number: u64) -> Option<usize> {
        let total = self.total_weight();
        if total == 0 {
            return None;
        }
        let mut point = scaled(number, total);
        let Some(among) = &self.among else { return Some(self.group.at_weight(point)) };
        among.iter().copied().find(|index| {
            let share = u64::from(self.weight(*index));
            let is_hit = point < share;
            point = point.saturating_sub(share);
            is_hit
        })
    }
}
