//! Changes of documents as the audit log tells of them: each as if it had been made alone. It must not tell a secret.

use super::{Change, Plan};
use crate::app::accounts::allowed;
use crate::app::accounts::noted::{self as accounts, Done};
use crate::app::authorization::{Caller, Standing};
use crate::app::state::App;
use crate::app::{audit, keys::told as keys};
use gw_model::KeyId;
use gw_store::audit::{AuditDraft, changed};
use gw_store::types::TenantChange;
use serde_json::{Value, json};

/// Most ids that an entry lists.
const MAX_IDS: usize = 100;

/// The entry of a change, with what is written.
pub(super) fn entry(app: &App, caller: &Caller, change: &Change, written: &TenantChange) -> AuditDraft {
    let of_account = |done, id, name: &str| accounts::noted(app, caller, done, id, name);
    let of_key = |action, id: KeyId, name: &str| {
        let mut draft = audit::draft(app, &caller.origin, action, "key");
        (draft.id, draft.name) = (id.to_string(), name.to_owned());
        draft
    };
    match change {
        Change::CreateAccount(made) => {
            let mut draft = of_account(Done::Create, made.id, &made.profile.name);
            draft.places = allowed::places_of_new(app, made.parent, &made.profile);
            draft.after = Some(accounts::told(made.parent, &made.profile));
            draft
        }
        Change::UpdateAccount { before, profile } => {
            let mut draft = of_account(Done::Update, before.id, &profile.name);
            draft.places = allowed::places(app, before, profile);
            let (was, is) = accounts::difference(before, profile);
            (draft.before, draft.after) = (Some(was), Some(is));
            draft
        }
        Change::DeleteAccount(before) => {
            let mut draft = of_account(Done::Delete, before.id, &before.profile.name);
            draft.places = allowed::places(app, before, &before.profile);
            draft.before = Some(accounts::told(before.parent, &before.profile));
            draft
        }
        Change::CreateKey { id, policy, .. } => {
            let mut draft = of_key("key.create", *id, &policy.name);
            draft.places = Standing::in_common(&[Standing::of_policy(app, policy)]);
            draft.after = Some(keys::told(policy));
            draft
        }
        Change::UpdateKey { before, policy, .. } => {
            let mut draft = of_key("key.update", before.id, &policy.name);
            let both = [Standing::of_policy(app, &before.policy), Standing::of_policy(app, policy)];
            draft.places = Standing::in_common(&both);
            let (mut was, mut is) = changed(&keys::told(&before.policy), &keys::told(policy));
            if let TenantChange::UpdateKey { secret: Some(secret), .. } = written {
                let shown =
                    |prefix: &str, last4: &str| -> Value { json!({ "prefix": prefix, "last4": last4 }) };
                was["key"] = shown(&before.prefix, &before.last4);
                is["key"] = shown(&secret.prefix, &secret.last4);
            }
            (draft.before, draft.after) = (Some(was), Some(is));
            draft
        }
        Change::RevokeKey(before) => {
            let mut draft = of_key("key.revoke", before.id, &before.policy.name);
            draft.places = Standing::in_common(&[Standing::of_policy(app, &before.policy)]);
            draft.before = Some(keys::told(&before.policy));
            draft
        }
    }
}

/// The entry of what a document manages from now on although nothing of it changes.
pub(super) fn managed(app: &App, caller: &Caller, plan: &Plan) -> AuditDraft {
    let mut draft = audit::draft(app, &caller.origin, "document.manage", "document");
    draft.name.clone_from(&plan.document);
    draft.id.clone_from(&plan.document);
    let first = |ids: &[String]| ids.iter().take(MAX_IDS).cloned().collect::<Vec<_>>();
    draft.after = Some(json!({
        "claimed": first(&plan.claimed), "claimed_count": plan.claimed.len(),
        "released": first(&plan.released), "released_count": plan.released.len(),
    }));
    draft
}
