//! How policies of keys are read where they are stored. All members stand in one object there: a struct that has them all is
//! read in half the time that `flatten` takes, and a start reads all keys. It must not decide what a policy means.

use super::{KeyPolicy, KeyTerms};
use crate::access::Access;
use crate::format::Endpoint;
use crate::limits::{Budget, Limits};
use crate::priority::Priority;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;

/// The members of [`KeyPolicy`] and of its terms.
#[derive(Deserialize)]
pub(super) struct Stored {
    name: String,
    #[serde(default)]
    user_id: Option<String>,
    #[serde(default)]
    disabled: bool,
    expires_at: Option<i64>,
    metadata: BTreeMap<String, String>,
    team_id: Option<String>,
    project_id: Option<String>,
    #[serde(default)]
    plan_id: Option<String>,
    models: Vec<String>,
    endpoints: Option<Vec<Endpoint>>,
    limits: Limits,
    #[serde(default, alias = "budget", deserialize_with = "budgets")]
    budgets: Vec<Budget>,
    #[serde(default)]
    priority: Priority,
    guardrails: Vec<String>,
    #[serde(default)]
    credentials: BTreeMap<String, String>,
    #[serde(default)]
    access: Option<Box<Access>>,
    #[serde(default)]
    made_by_holder: bool,
}

impl From<Stored> for KeyPolicy {
    fn from(stored: Stored) -> Self {
        let Stored { name, user_id, disabled, expires_at, metadata, team_id, project_id, .. } = stored;
        let Stored { plan_id, models, endpoints, limits, budgets, .. } = stored;
        let Stored { priority, guardrails, credentials, access, made_by_holder, .. } = stored;
        let terms = KeyTerms {
            team_id,
            project_id,
            plan_id,
            models,
            endpoints,
            limits,
            budgets,
            priority,
            guardrails,
            credentials,
            access,
            made_by_holder,
        };
        Self { name, user_id, disabled, expires_at, metadata, terms }
    }
}

/// Keys that were stored before there could be several budgets have one, or none.
pub(super) fn budgets<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Budget>, D::Error> {
    struct Budgets;
    impl<'de> Visitor<'de> for Budgets {
        type Value = Vec<Budget>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("budgets, one, or null")
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, all: A) -> Result<Self::Value, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(all))
        }

        fn visit_map<A: MapAccess<'de>>(self, one: A) -> Result<Self::Value, A::Error> {
            Ok(vec![Budget::deserialize(MapAccessDeserializer::new(one))?])
        }
    }
    from.deserialize_any(Budgets)
}

#[cfg(test)]
mod tests;
