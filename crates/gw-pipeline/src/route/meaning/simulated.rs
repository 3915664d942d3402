//! What a prompt means, for a request that is only thought of: computed where the model in the process does it or the
//! vectors are known already. No provider is asked, nothing is counted, and it is said what could not be found out.

use super::groups::{SemanticGroup, Source};
use super::{Meaning, embed, keep, words};
use crate::lineup::Lineup;
use crate::route::semantic::{Choice, excerpts};
use gw_model::Call;
use std::time::Duration;

/// How long a person waits for it.
const WITHIN: Duration = Duration::from_secs(20);

/// What came of a prompt at one group.
#[derive(Clone, Debug, PartialEq)]
pub struct Considered {
    /// The group, by its id.
    pub group: u16,
    /// The member, or the class of tasks, that it comes to; `None`: the order written, or what the request looks like.
    pub member: Option<usize>,
    /// What was compared; members are those of the group.
    pub choice: Option<Choice>,
    /// Why nothing was.
    pub why_not: Option<&'static str>,
}

/// Asks every semantic group of a model.
pub(crate) async fn consider(model: &Lineup, call: &Call) -> (Meaning, Vec<Considered>) {
    let mut meaning = Meaning::default();
    let mut considered = Vec::new();
    if model.semantic().is_empty() {
        return (meaning, considered);
    }
    let text = words(call).await;
    let parts = text.as_deref().map(excerpts).unwrap_or_default();
    for group in model.semantic() {
        let compared = match parts.is_empty() {
            true => Err("the request has no words of a user"),
            false => compare(group, &parts).await,
        };
        let default = Some(group.settings.default);
        let (member, choice, why_not) = match compared {
            Ok(choice) => (choice.member.or(default), Some(choice), None),
            Err(why) if parts.is_empty() => (default, None, Some(why)),
            Err(why) => (None, None, Some(why)),
        };
        meaning.0.extend(member.map(|member| (group.id, member)));
        considered.push(Considered { group: group.id, member, choice, why_not });
    }
    (meaning, considered)
}

async fn compare(group: &SemanticGroup, parts: &[std::borrow::Cow<'_, str>]) -> Result<Choice, &'static str> {
    let missing = match &group.source {
        Source::Absent => "there is no model for embeddings here",
        Source::Remote(_) => "its vectors come from a provider's model, which is not asked for a simulation",
        Source::Local(_) => "the model for embeddings failed",
    };
    if group.index().is_none() {
        let made = keep::fill(None, group).await.map_err(|_| missing)?;
        group.set_index(made);
    }
    let vector = embed(&group.source, parts, None, WITHIN).await.map_err(|_| missing)?;
    let choice = group.index().and_then(|index| index.choice(&vector));
    choice.ok_or("the prompt's vector cannot be compared with those of the utterances")
}
