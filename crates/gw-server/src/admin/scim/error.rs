//! Refusals in SCIM's form: `{"schemas", "status", "scimType", "detail"}`.

use super::answer::SCIM_JSON;
use crate::admin::error::ApiError;
use crate::app::scim::ScimError;
use crate::scim::{Fault, FaultKind};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A refusal.
#[derive(Debug)]
pub(super) struct Refused {
    status: StatusCode,
    kind: Option<FaultKind>,
    detail: String,
}

impl Refused {
    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, kind: None, detail: detail.into() }
    }

    /// 400: the message cannot be read.
    pub(super) fn syntax(detail: impl Into<String>) -> Self {
        Fault::new(FaultKind::InvalidSyntax, detail).into()
    }

    /// 400: a value cannot be.
    pub(super) fn value(detail: impl Into<String>) -> Self {
        Fault::new(FaultKind::InvalidValue, detail).into()
    }

    /// 404.
    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "there is nothing at this path")
    }

    /// 405.
    pub(super) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not take this method")
    }

    /// 501.
    pub(super) fn not_implemented(detail: &str) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, detail)
    }
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        let status = match fault.kind {
            FaultKind::Uniqueness => StatusCode::CONFLICT,
            _ => StatusCode::BAD_REQUEST,
        };
        Self { status, kind: Some(fault.kind), detail: fault.detail }
    }
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        Self::new(error.status(), error.told().1)
    }
}

impl From<tokio::task::JoinError> for Refused {
    fn from(error: tokio::task::JoinError) -> Self {
        ApiError::from(error).into()
    }
}

impl From<ScimError> for Refused {
    fn from(error: ScimError) -> Self {
        let text = error.to_string();
        match error {
            ScimError::NoDirectory | ScimError::Denied(_) | ScimError::Above => {
                Self::new(StatusCode::FORBIDDEN, text)
            }
            ScimError::NotFound => Self::new(StatusCode::NOT_FOUND, text),
            ScimError::Taken { .. } => Fault::new(FaultKind::Uniqueness, text).into(),
            ScimError::Changed { .. } => Self::new(StatusCode::PRECONDITION_FAILED, text),
            ScimError::Fault(fault) => fault.into(),
            ScimError::Account(error) => ApiError::from(error).into(),
            ScimError::Store(error) => ApiError::from(error).into(),
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": self.status.as_u16().to_string(),
            "detail": self.detail,
        });
        if let Some(kind) = self.kind {
            body["scimType"] = kind.as_str().into();
        }
        let mut response =
            (self.status, [(header::CONTENT_TYPE, SCIM_JSON)], body.to_string()).into_response();
        match self.status {
            StatusCode::UNAUTHORIZED => {
                response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}
