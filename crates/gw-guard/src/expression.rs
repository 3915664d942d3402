//! Expressions over a text and its call. Serves the check of that kind. One that can not be evaluated counts as a finding:
//! what could not be told must not look well.

use crate::asked::About;
use crate::finding::Finding;
use crate::notes::Place;
use gw_model::guardrail::Speaker;
use gw_model::policy::{Condition, KeyFacts, RequestFacts, Subject, TextFacts};

/// What an expression says of a text as a whole.
pub(crate) fn check(
    condition: &dyn Condition,
    text: &str,
    place: Option<&Place>,
    about: &About,
) -> Option<Finding> {
    let subject = Subject {
        request: RequestFacts {
            model: &about.model,
            format: about.format,
            endpoint: about.endpoint,
            stream: about.stream,
            input_tokens: about.input_tokens,
            max_output_tokens: about.max_output_tokens,
            choices: about.choices,
            body_bytes: about.body_bytes,
            ..RequestFacts::default()
        },
        key: KeyFacts { id: &about.key_id, name: &about.key_name, ..KeyFacts::default() },
        team: &about.team,
        project: &about.project,
        customer: &about.customer,
        session: &about.session,
        text: TextFacts {
            content: text,
            speaker: place.map_or(Speaker::User, |place| place.speaker).as_str(),
            side: place.map_or("request", |place| place.side.as_str()),
        },
        now: about.now_s.saturating_mul(1_000_000),
        ..Subject::default()
    };
    let all = |kind, reason| Some(Finding::sure(0, text.len(), kind, reason));
    match condition.holds(&subject) {
        Ok(false) => None,
        Ok(true) => all("expression", "the guardrail's expression holds"),
        Err(_) => all("expression_error", "the guardrail's expression can not be evaluated"),
    }
}
