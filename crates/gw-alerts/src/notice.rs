//! What is told: one thing that began, goes on, or is over.

use gw_model::{Micros, time};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What something is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// `key`, `team`, `model`, `provider` and so on; `all` for everything together.
    pub kind: String,
    /// Its id or name; empty for everything together.
    pub id: String,
    /// What people call it.
    pub name: String,
}

impl Subject {
    /// Of everything together.
    #[must_use]
    pub fn all() -> Self {
        Self { kind: "all".to_owned(), id: String::new(), name: "all requests".to_owned() }
    }
}

/// Why somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// It began.
    Firing,
    /// It goes on.
    Repeated,
    /// It is over.
    Resolved,
    /// Somebody pressed the button.
    Test,
}

impl NoticeKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Firing, Self::Repeated, Self::Resolved, Self::Test];

    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Repeated => "repeated",
            Self::Resolved => "resolved",
            Self::Test => "test",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A notice, as it is kept and as channels put it into their words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// Why.
    pub kind: NoticeKind,
    /// Id of the rule.
    pub rule_id: String,
    /// Its name.
    pub rule: String,
    /// What it looks at.
    pub condition: String,
    /// How bad it is.
    pub severity: String,
    /// Whose rule it is; empty for the gateway's.
    pub organization_id: String,
    /// What it is about.
    pub subject: Subject,
    /// One sentence for people.
    pub summary: String,
    /// Figures.
    pub details: Map<String, Value>,
    /// When it began.
    pub fired_at: Micros,
}

impl Notice {
    /// As it is told to web hooks and shown by the admin API.
    #[must_use]
    pub fn shown(&self, event_id: &str, at: Micros) -> Value {
        json!({
            "event_id": event_id,
            "time": time::format(at),
            "type": self.kind.as_str(),
            "severity": self.severity,
            "rule": { "id": self.rule_id, "name": self.rule, "kind": self.condition },
            "organization_id": (!self.organization_id.is_empty()).then_some(&self.organization_id),
            "subject": self.subject,
            "summary": self.summary,
            "details": self.details,
            "fired_at": time::format(self.fired_at),
        })
    }
}
