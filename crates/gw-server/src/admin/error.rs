//! Errors of the admin API: `{"error":{"code","message","field"}}`. The one place where an error of `app`
//! becomes a response; internal text stays in the log.

use crate::app::authorization::Permission;
use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use gw_model::{ErrorCode, Refusal};
use gw_store::StoreError;
use serde_json::json;
use std::borrow::Cow;

/// An error with its status.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    field: Option<Cow<'static, str>>,
    /// A member besides, for machines.
    more: Option<Box<(&'static str, serde_json::Value)>>,
    /// When to try again.
    retry_after_seconds: Option<u64>,
}

impl ApiError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, message: message.into(), field: None, more: None, retry_after_seconds: None }
    }

    /// What is wrong, for people.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The same for a caller of the data plane.
    pub(crate) fn into_refusal(self) -> Refusal {
        let code = match self.status {
            StatusCode::BAD_REQUEST => ErrorCode::InvalidRequest,
            StatusCode::SERVICE_UNAVAILABLE => ErrorCode::StorageUnavailable,
            _ => ErrorCode::Internal,
        };
        let refusal = Refusal::new(code, self.message);
        match self.field {
            Some(field) => refusal.param(field),
            None => refusal,
        }
    }

    /// The field at fault.
    #[cfg(test)]
    pub(crate) fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// 401.
    pub(crate) fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "invalid_api_key",
            "send the master key or an admin token as 'Authorization: Bearer ...', or sign in",
        )
    }

    /// 401: nobody is signed in.
    pub(crate) fn not_signed_in() -> Self {
        let text = "nobody is signed in, or the session is over; sign in (POST /api/v1/auth/sign-in)";
        Self::new(StatusCode::UNAUTHORIZED, "not_signed_in", text)
    }

    /// 401: that is not how to sign in.
    pub(crate) fn invalid_credentials(message: String, field: Option<&'static str>) -> Self {
        let mut error = Self::new(StatusCode::UNAUTHORIZED, "invalid_credentials", message);
        error.field = field.map(Cow::Borrowed);
        error
    }

    /// 401: a second factor is missing.
    pub(crate) fn totp_required(message: String) -> Self {
        let mut error = Self::new(StatusCode::UNAUTHORIZED, "totp_required", message);
        error.field = Some(Cow::Borrowed("code"));
        error
    }

    /// 403: a session alone does not write.
    pub(crate) fn no_csrf_token() -> Self {
        let text = "send the header 'x-gatewright-csrf' with the csrf_token of GET /api/v1/auth/session";
        Self::new(StatusCode::FORBIDDEN, "csrf_token_invalid", text)
    }

    /// 403: a page of another site asks.
    pub(crate) fn of_another_site() -> Self {
        Self::new(StatusCode::FORBIDDEN, "cross_site", "this was asked by a page of another site")
    }

    /// 429.
    pub(crate) fn too_many(message: String, retry_after_seconds: u64) -> Self {
        let mut error = Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limit_exceeded", message);
        error.retry_after_seconds = Some(retry_after_seconds);
        error
    }

    /// 503: too many passwords are being tried.
    pub(crate) fn too_many_sign_in() -> Self {
        Self::busy("too many people sign in at this moment; try again")
    }

    /// 403: he may see it, and not do that.
    pub(crate) fn forbidden(permission: Permission) -> Self {
        let text = format!(
            "this needs the permission '{permission}' there; ask for a role that has it, or for a token with that scope"
        );
        Self::new(StatusCode::FORBIDDEN, "permission_denied", text)
            .with("missing_permission", permission.to_string().into())
    }

    /// 403, for another reason than a permission.
    pub(crate) fn refused(
        field: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let mut error = Self::new(StatusCode::FORBIDDEN, "permission_denied", message);
        error.field = Some(field.into());
        error
    }

    /// 404.
    pub(crate) fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// 405.
    pub(crate) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this path does not take this method")
    }

    /// 400, about a field.
    pub(crate) fn invalid(
        field: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let mut error = Self::new(StatusCode::BAD_REQUEST, "invalid_request", message);
        error.field = Some(field.into());
        error
    }

    /// 400, about the body as a whole.
    pub(crate) fn malformed(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", message)
    }

    /// 409, about nothing in particular.
    pub(crate) fn in_the_way(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", message)
    }

    /// 503: it can be tried again.
    pub(crate) fn busy(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Overloaded.as_str(), message)
    }

    /// 503: bodies are kept, but not to be had here and now.
    pub(crate) fn bodies_unread(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "bodies_unavailable", message)
    }

    /// 409: the same write was made, and what was answered then is not known.
    pub(crate) fn repeated() -> Self {
        let text = "a write with this key was made already, and its answer is not known; look at what there is, and give the \
                    next write a key of its own";
        Self::conflict("Idempotency-Key", text)
    }

    /// 413.
    pub(crate) fn too_large(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", message)
    }

    /// 409.
    pub(crate) fn conflict(field: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        let mut error = Self::new(StatusCode::CONFLICT, "conflict", message);
        error.field = Some(field.into());
        error
    }

    /// 412.
    pub(crate) fn changed(revision: i64) -> Self {
        let text = format!("it was changed meanwhile and is now at revision {revision}; read it again");
        Self::new(StatusCode::PRECONDITION_FAILED, "precondition_failed", text)
    }

    /// The status.
    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }

    /// With other words.
    pub(crate) fn saying(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = message.into();
        self
    }

    /// The field that it is about, and what it says.
    pub(crate) fn told(&self) -> (Option<String>, String) {
        (self.field.as_ref().map(ToString::to_string), self.message.to_string())
    }

    /// With a member besides.
    pub(crate) fn with(mut self, name: &'static str, value: serde_json::Value) -> Self {
        self.more = Some(Box::new((name, value)));
        self
    }

    /// 503: the database is away. Calls go on without it.
    pub(crate) fn storage_unavailable(error: &StoreError) -> Self {
        tracing::warn!(%error, "an admin request needs the database");
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::StorageUnavailable.as_str(),
            "the database cannot be used at present, and nothing was changed for certain; try again",
        )
    }

    /// 500; the text goes to the log.
    pub(crate) fn internal(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "an admin request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", "the gateway failed; see its log")
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::NotAudited(_)) {
            tracing::error!(%error, "a change was refused");
            let text = "nothing was changed, since the audit log cannot be written; see the gateway's log, and try again";
            return Self::new(StatusCode::SERVICE_UNAVAILABLE, "audit_unavailable", text);
        }
        if matches!(error, StoreError::Repeated) {
            return Self::repeated();
        }
        if error.is_unavailable() { Self::storage_unavailable(&error) } else { Self::internal(&error) }
    }
}

impl From<tokio::task::JoinError> for ApiError {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::internal(&error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let (Some(field), Some(map)) = (self.field, error.as_object_mut()) {
            map.insert("field".to_owned(), json!(field));
        }
        if let (Some(more), Some(map)) = (self.more, error.as_object_mut()) {
            let (name, value) = *more;
            map.insert(name.to_owned(), value);
        }
        let code = [("x-gatewright-error", self.code)];
        let mut response = (self.status, code, Json(json!({ "error": error }))).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}
