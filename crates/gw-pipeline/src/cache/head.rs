//! What is known of an answer besides its bytes: how it is read, and who gave it. Serves the cache stage.

use crate::attempt::Sent;
use crate::lineup::Lineup;
use gw_model::WireFormat;
use gw_model::snapshot::Target;
use gw_store::answers::Answer;
use gw_wire::translate::ToolNames;
use http::StatusCode;
use http::header::{self, HeaderMap, HeaderValue};
use std::sync::Arc;

/// See the module.
#[derive(Clone)]
pub(crate) struct Head {
    pub(super) status: StatusCode,
    pub(super) content_type: Option<HeaderValue>,
    pub(super) format: WireFormat,
    pub(super) target: Arc<Target>,
    pub(super) tool_names: ToolNames,
    pub(super) dropped: Vec<String>,
}

impl Head {
    /// Of an answer that is coming.
    pub(super) fn of_response(
        status: StatusCode,
        headers: &HeaderMap,
        sent: &Sent,
        target: &Arc<Target>,
    ) -> Self {
        Self {
            status,
            content_type: headers.get(header::CONTENT_TYPE).cloned(),
            format: sent.format,
            target: Arc::clone(target),
            tool_names: sent.tool_names.clone(),
            dropped: sent.dropped.clone(),
        }
    }

    /// Of an answer that was kept. `None`: the model has no such target any more.
    pub(super) fn of_answer(answer: &Answer, model: &Lineup) -> Option<Self> {
        let is_it = |target: &&Arc<Target>| {
            *target.provider.name == *answer.provider && *target.model == *answer.upstream_model
        };
        Some(Self {
            status: StatusCode::from_u16(answer.status).ok()?,
            content_type: HeaderValue::from_str(&answer.content_type).ok(),
            format: answer.format,
            target: Arc::clone(model.targets.iter().find(is_it)?),
            tool_names: ToolNames::from_pairs(answer.tool_names.clone()),
            dropped: answer.dropped.clone(),
        })
    }

    /// The headers of the answer: those of the call that it was made for are none of another's business.
    pub(super) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(16);
        if let Some(kind) = &self.content_type {
            headers.insert(header::CONTENT_TYPE, kind.clone());
        }
        headers
    }
}
