//! The body of a request: the caller's bytes with the edits that policy demands, or a translated one; and what the
//! host of another maker's model wants otherwise.

use crate::hosted;
use bytes::Bytes;
use gw_model::call::Call;
use gw_model::snapshot::Target;
use gw_wire::edit::{self, ForwardEdits, Reshape};
use gw_wire::json::splice::Edit;

/// What the target wants otherwise.
#[derive(Clone, Copy)]
pub(super) struct Edits<'a> {
    /// What the model does not take.
    pub(super) adapted: &'a [Edit],
    /// What its host wants otherwise.
    pub(super) reshape: Reshape<'a>,
}

/// The caller's body, edited where it must be.
pub(super) fn forward(
    call: &Call,
    target: &Target,
    include_usage: bool,
    max_output_tokens: Option<u64>,
    edits: Edits<'_>,
) -> Vec<Bytes> {
    // A model that stands in the caller's path (Azure), not in its body, is written into the body; formats whose
    // own paths name it have no place for it there.
    let has_member = !call.format.has_model_in_path() && !edits.reshape.without.contains(&"model");
    let model = hosted::body_model(target.provider.kind, call.format, &target.model);
    let repeats = edit::repeats_model(call.format);
    let renamed = repeats || (has_member && (*call.facts.model != *model || call.facts.model_span.is_none()));
    let edits = ForwardEdits {
        model: renamed.then_some(&*model),
        include_usage,
        max_output_tokens,
        rename: &target.provider.rename_params,
        adapted: edits.adapted,
        reshape: edits.reshape,
    };
    edit::forward(call, &edits)
}

/// The caller's beta features as a member of the body, for a host that takes them there: `"anthropic_beta":[...],`.
/// Empty when there are none, or the body names some itself.
pub(super) fn betas(caller: &[(&'static str, Bytes)], body: &[u8]) -> Vec<u8> {
    let stated = caller.iter().filter(|(name, _)| *name == super::headers::BETA_HEADER);
    let mut out = Vec::new();
    for beta in stated.flat_map(|(_, value)| value.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii) {
        // A name that would need escaping is none.
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if beta.is_empty() || !beta.iter().all(plain) {
            continue;
        }
        out.extend_from_slice(if out.is_empty() { b"\"anthropic_beta\":[\"" } else { b",\"" });
        out.extend_from_slice(beta);
        out.push(b'"');
    }
    if out.is_empty() || memchr::memmem::find(body, b"\"anthropic_beta\"").is_some() {
        return Vec::new();
    }
    out.extend_from_slice(b"],");
    out
}
