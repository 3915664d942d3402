//! Whose evaluation is run next: organizations take turns, and those of one come one after the other, as they were asked for.
//! Pure.

use gw_store::types::EvaluationId;
use std::collections::HashMap;

/// Whose key an evaluation's calls are made with: an organization; none are those outside of all.
pub(super) type Party = Option<String>;

/// An evaluation that could be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) id: EvaluationId,
    pub(super) party: Party,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Turns {
    running: HashMap<EvaluationId, Party>,
    /// When each party had its last turn, counted in turns.
    last: HashMap<Party, u64>,
    count: u64,
}

impl Turns {
    /// How many run here.
    pub(super) fn running(&self) -> usize {
        self.running.len()
    }

    /// Does that one run here?
    pub(super) fn runs(&self, id: EvaluationId) -> bool {
        self.running.contains_key(&id)
    }

    /// One of each party of which none runs here, who waited for its turn longest first. `waiting` comes in the order in which
    /// they were asked for.
    pub(super) fn next(&mut self, waiting: &[Head]) -> Vec<EvaluationId> {
        // Nobody is remembered who wants nothing.
        let running: Vec<&Party> = self.running.values().collect();
        self.last
            .retain(|party, _| running.contains(&party) || waiting.iter().any(|head| head.party == *party));
        let mut first: Vec<&Head> = Vec::new();
        for head in waiting {
            let is_busy = running.contains(&&head.party) || first.iter().any(|one| one.party == head.party);
            if !is_busy {
                first.push(head);
            }
        }
        first.sort_by_key(|head| (self.last.get(&head.party).copied(), head.id));
        first.into_iter().map(|head| head.id).collect()
    }

    /// One begins.
    pub(super) fn begin(&mut self, id: EvaluationId, party: Party) {
        self.running.insert(id, party);
    }

    /// One is over, or lets others go on.
    pub(super) fn end(&mut self, id: EvaluationId) {
        let Some(party) = self.running.remove(&id) else { return };
        self.count += 1;
        self.last.insert(party, self.count);
    }
}

#[cfg(test)]
mod tests {
    use super::{EvaluationId, Head, Turns};

    fn head(id: u128, party: &str) -> Head {
        Head { id: EvaluationId(id), party: Some(party.to_owned()).filter(|party| !party.is_empty()) }
    }

    fn next(turns: &mut Turns, waiting: &[Head]) -> Vec<u128> {
        turns.next(waiting).into_iter().map(|id| id.0).collect()
    }

    #[test]
    fn those_of_one_party_come_one_after_the_other_and_parties_take_turns() {
        let mut turns = Turns::default();
        let mut waiting =
            vec![head(1, "a"), head(2, "a"), head(3, "b"), head(4, ""), head(5, "a"), head(6, "")];
        assert_eq!(next(&mut turns, &waiting), [1, 3, 4]);
        turns.begin(EvaluationId(1), waiting.remove(0).party);
        assert_eq!(next(&mut turns, &waiting), [3, 4], "one of a runs");
        assert!(turns.runs(EvaluationId(1)) && turns.running() == 1);
        // It lets others go on, and is the first of its own again when it is its turn.
        turns.end(EvaluationId(1));
        waiting.insert(0, head(1, "a"));
        assert_eq!(next(&mut turns, &waiting), [3, 4, 1]);
        turns.begin(EvaluationId(3), waiting.remove(2).party);
        turns.end(EvaluationId(3));
        assert_eq!(next(&mut turns, &waiting), [4, 1], "nothing of b is left");
        // Whoever comes anew goes before those who had a turn.
        waiting.push(head(9, "b"));
        assert_eq!(next(&mut turns, &waiting), [4, 9, 1]);
    }
}
