//! Everything that can stand above and beside a key: seven levels with twelve limits and five budgets, all in force and
//! too wide to refuse a call. Made over the admin API, as a user makes them.

use super::{Counted, Running};
use crate::error::BenchError;
use crate::load;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// What calls say of themselves: whose they are besides the key's.
pub(super) const HEADERS: [(&str, &str); 2] =
    [("x-gatewright-customer", "bench-customer"), ("x-gatewright-tags", "bench-tag")];

const RPM: u64 = 100_000_000;
const TPM: u64 = 100_000_000_000;

/// Makes them at a gateway that runs, and a key below them in place of the one it has.
pub(super) fn add(mut running: Running, data_dir: &Path, counted: Counted) -> Result<Running, BenchError> {
    let path = data_dir.join("master.key");
    let master = std::fs::read_to_string(&path).map_err(BenchError::file(&path))?;
    let port = running.port;
    let make = |resource: &str, body: &Value| -> Result<Value, BenchError> {
        let path = format!("/api/v1/{resource}");
        load::post(port, &path, master.trim(), &body.to_string(), Duration::from_secs(10))
    };
    let id = |made: &Value| made["id"].as_str().unwrap_or_default().to_owned();
    let budget = json!({ "limit_usd": "1000000", "period": "month", "mode": counted.mode() });
    let both = json!({ "rpm": RPM, "tpm": TPM, "mode": counted.mode() });
    let one = json!({ "rpm": RPM, "mode": counted.mode() });
    let [(_, customer), (_, tag)] = HEADERS;

    let organization = json!({ "name": "bench", "limits": both, "budget": budget });
    let organization = id(&make("organizations", &organization)?);
    let team = json!({ "name": "bench", "organization_id": organization, "limits": both, "budget": budget });
    let team = id(&make("teams", &team)?);
    let project = json!({ "name": "bench", "team_id": team, "limits": one, "budget": budget });
    let project = id(&make("projects", &project)?);
    let user = json!({ "name": "bench", "email": "bench@example.com", "limits": both, "budget": budget });
    let user = id(&make("users", &user)?);
    make("customers", &json!({ "name": customer, "organization_id": organization, "limits": one }))?;
    make("tags", &json!({ "name": tag, "limits": one }))?;
    let key = json!({
        "name": "bench", "models": ["*"], "project_id": project, "user_id": user, "budget": budget,
        "limits": { "rpm": RPM, "tpm": TPM, "max_parallel": 100_000, "mode": counted.mode() },
    });
    let key = make("keys", &key)?["key"].as_str().unwrap_or_default().to_owned();
    running.keys = vec![key];
    Ok(running)
}
