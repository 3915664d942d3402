//! Refuses policies that no stage of this version carries out: accepting one silently would promise
//! what is not kept.

use crate::errors::Faults;
use crate::settings::FileSettings;

pub(super) fn refuse_unenforced(file: &FileSettings, faults: &mut Faults) {
    for guardrail in &file.guardrails.value.0 {
        let message = format!(
            "guardrail '{}': guardrails are not in this version, nothing would enforce it: remove it",
            guardrail.name
        );
        faults.add(guardrail.place, message);
    }
    for key in &file.keys.value {
        for name in &key.value.guardrails.value.0 {
            let message =
                format!("guardrail '{}': guardrails are not in this version: remove it", name.value.as_str());
            faults.add(name.place, message);
        }
    }
}
