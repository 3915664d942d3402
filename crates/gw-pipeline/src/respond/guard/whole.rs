//! A whole answer through its guardrails. Serves the whole way back.

use crate::guard::request::{join, pass};
use crate::guard::{Guarded, Sort};
use bytes::Bytes;
use gw_guard::{Blocked, Form, Place, Side, pass_whole};
use gw_model::guardrail::Speaker;
use gw_wire::json::splice::apply;
use gw_wire::texts::Written;

/// What may go on of an answer, or of what an upstream says of a fault; `None` when nothing was replaced. `is_json`: else,
/// and where it is none, it is text as it stands.
///
/// # Errors
/// A guardrail stops it.
pub(crate) fn body(body: &Bytes, is_json: bool, guarded: &mut Guarded) -> Result<Option<Bytes>, Blocked> {
    let Guarded { chosen, session, original, .. } = guarded;
    let speaker = Speaker::Assistant;
    let prose = chosen.of_response(Sort { speaker, is_prose: true });
    let detail = chosen.of_response(Sort { speaker, is_prose: false });
    let finder = session.vault.finder();
    let place = |text| Place { side: Side::Response, speaker, text };
    let Some(found) = is_json.then(|| gw_wire::texts::answer(body).ok()).flatten() else {
        let text = String::from_utf8_lossy(body);
        let changed = pass_whole(&prose, finder, &text, place(0), Form::Plain, session, original)?;
        return Ok(changed.map(Bytes::from));
    };
    let changes = finder.is_some() || detail.iter().any(|rail| rail.enforces());
    let mut edits = Vec::new();
    for (at, text) in found.iter().enumerate() {
        if text.written == Written::Tokens && !changes {
            continue;
        }
        let rails = if text.is_prose { &prose } else { &detail };
        if let Some(edit) = pass(body, text, rails, finder.clone(), place(at), session, original)? {
            edits.push(edit);
        }
    }
    Ok((!edits.is_empty()).then(|| join(apply(body, &mut edits))))
}
