//! Who needs a block by its name beside the configuration: keys and accounts name guardrails. Calls of whoever names one that
//! there is not are refused, so that one is removed when nobody names it any more.

use super::Kind;
use super::merge::OfFile;
use crate::app::state::App;

/// Most of them that are told.
const MAX_TOLD: usize = 10;

/// Keys and accounts that name it, in words; none where the file has one of that name, which holds.
pub(super) fn of(app: &App, file: &OfFile, kind: Kind, name: &str) -> Vec<String> {
    if kind != Kind::Guardrail || kind.is_in(&file.snapshot, name) {
        return Vec::new();
    }
    let names = |list: &[String]| list.iter().any(|one| one == name);
    let keys = &app.gateway.keys;
    let mut users: Vec<String> = keys
        .filter(|entry| !entry.revoked() && names(&entry.policy.guardrails))
        .iter()
        .map(|entry| format!("the key '{}'", entry.name))
        .collect();
    users.sort_unstable();
    for account in keys.accounts.all() {
        let version = account.version();
        if names(&version.policy.guardrails) {
            users.push(format!("the {} '{}'", account.id.level.as_str(), version.name));
        }
    }
    let others = users.len().saturating_sub(MAX_TOLD);
    users.truncate(MAX_TOLD);
    if others > 0 {
        users.push(format!("{others} others"));
    }
    users
}
