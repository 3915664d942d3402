//! Masks personal data and credentials in bodies before they are stored, with the checks of guardrails: over the texts of a
//! request, of a whole answer, and of the frames of a stream. It runs on the thread that writes bodies.

use crate::guard::request::mask as mask_request;
use crate::guard::{Chosen, Guarded};
use crate::respond::guard::{body as mask_answer, masked as mask_stream};
use bytes::Bytes;
use gw_guard::Guardrail;
use gw_model::WireFormat;
use gw_model::guardrail::{CheckSpec, GuardAction, GuardrailSpec};
use gw_store::bodies::BodyContent;
use std::sync::Arc;

/// The checks.
#[derive(Clone, Debug)]
pub struct Masks(Vec<Arc<Guardrail>>);

impl Masks {
    /// For all kinds of personal data, and for credentials. `None` where a check cannot be made.
    #[must_use]
    pub fn new() -> Option<Self> {
        let checks = [
            ("personal data", CheckSpec::Pii { entities: Vec::new() }),
            ("secrets", CheckSpec::Secrets { entropy: false }),
        ];
        let rail = |(name, check): (&str, CheckSpec)| {
            let spec = GuardrailSpec::everywhere(name, check, GuardAction::Redact);
            Guardrail::compile(Arc::new(spec)).ok().map(Arc::new)
        };
        checks.into_iter().map(rail).collect::<Option<Vec<_>>>().map(Self)
    }

    /// Masks both bodies. False: one of them cannot be looked through, and nothing may be kept.
    #[must_use]
    pub fn mask(&self, content: &mut BodyContent) -> bool {
        self.both(content).is_some()
    }

    fn both(&self, content: &mut BodyContent) -> Option<()> {
        let format = WireFormat::ALL.iter().copied().find(|format| format.as_str() == content.format)?;
        let readable = gw_wire::texts::can_read(format);
        // Half a text may hide what the whole one would show.
        if !readable || content.request.is_cut || content.response.is_cut {
            return None;
        }
        let chosen = Chosen::new(self.0.clone(), Vec::new());
        let asked = Bytes::from(std::mem::take(&mut content.request.bytes));
        let mut guarded = Guarded::new(chosen, asked.clone());
        content.request.bytes = mask_request(&asked, &mut guarded)?.into();
        let answer = Bytes::from(std::mem::take(&mut content.response.bytes));
        if answer.is_empty() {
            return Some(());
        }
        let kind = content.response.content_type.split(';').next().unwrap_or_default().trim();
        let masked = match kind {
            "application/json" => mask_answer(&answer, true, &mut guarded).ok()?.unwrap_or(answer),
            "text/event-stream" => mask_stream(answer, guarded, format)?,
            _ => return None,
        };
        content.response.bytes = masked.into();
        Some(())
    }
}
