//! Who asks, as handlers get it, and what is answered to whoever may not.

use super::error::ApiError;
use crate::app::authorization::{Caller, Denied, Permission, Standing};
use axum::extract::Extension;
use std::sync::Arc;

/// Who asks: every request that reaches a handler has it.
pub(super) type By = Extension<Arc<Caller>>;

/// May he do it with what belongs to the gateway as a whole?
pub(super) fn on_gateway(caller: &Caller, permission: Permission) -> Result<(), ApiError> {
    Ok(caller.authority.may(permission, &Standing::of_gateway()).map(drop)?)
}

/// May he see what everybody with a role may see?
pub(super) fn anyone(caller: &Caller, permission: Permission) -> Result<(), ApiError> {
    Ok(caller.authority.may(permission, &Standing::common()).map(drop)?)
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Hidden => Self::not_found("there is nothing of this id here"),
            Denied::Missing(permission) => Self::forbidden(permission),
        }
    }
}
