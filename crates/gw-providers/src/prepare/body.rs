//! The body of a same-format request: the caller's bytes with the edits that policy demands.

use bytes::Bytes;
use gw_model::call::Call;
use gw_model::snapshot::Target;
use gw_wire::edit::{self, ForwardEdits};

/// The caller's body, edited where it must be.
pub(super) fn forward(
    call: &Call,
    target: &Target,
    include_usage: bool,
    max_output_tokens: Option<u64>,
) -> Vec<Bytes> {
    // A model that stands in the caller's path (Azure), not in its body, is written into the body; formats whose
    // own paths name it have no place for it there.
    let has_member = !call.format.has_model_in_path();
    let repeats = edit::repeats_model(call.format);
    let renamed =
        repeats || (has_member && (*call.facts.model != *target.model || call.facts.model_span.is_none()));
    let edits = ForwardEdits {
        model: renamed.then_some(&*target.model),
        include_usage,
        max_output_tokens,
        rename: &target.provider.rename_params,
    };
    edit::forward(call, &edits)
}
