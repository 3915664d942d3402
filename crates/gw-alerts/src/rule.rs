//! Rules: as they are written (in the file, in the admin API, in the database), and checked, with all that was not written
//! filled in.

use crate::wrong::{Wrong, choice, name, within};
use gw_model::{AccountId, Level, Micros, NanoUsd};
use serde::{Deserialize, Serialize};
use serde_json::Value;

const SECOND: Micros = 1_000_000;
const MINUTE: Micros = 60 * SECOND;

/// Shares of a budget at which somebody is told, where neither it nor the rule says any.
pub const USUAL_SHARES: [u16; 3] = [50, 80, 100];
/// Most shares, most channels of a rule, most values that it is about.
pub const MAX_LIST: usize = 64;
/// Longest window: a day, in minutes.
const MAX_WINDOW: u64 = 1_440;

/// A rule as it is written. What is not there is as usual.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RuleDraft {
    /// What it looks at.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Off with false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// `info`, `warning` or `critical`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// Names of channels; without any, those that are told of everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channels: Option<Vec<String>>,
    /// Told again after so long while it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat_after_minutes: Option<u64>,
    /// Told when it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_resolved: Option<bool>,
    /// Each value of a dimension by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per: Option<String>,
    /// These values only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only: Option<Vec<String>>,
    /// Over what time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_minutes: Option<u64>,
    /// Fewer say nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_requests: Option<u64>,
    /// Errors, in percent of requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub above_percent: Option<u64>,
    /// Which percentile of durations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percentile: Option<u64>,
    /// Milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub above_ms: Option<u64>,
    /// `total` or `first_byte`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// A count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub above: Option<u64>,
    /// Shares of budgets in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Vec<u16>>,
    /// Also when the period is expected to end above the budget.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forecast: Option<bool>,
    /// Whose budgets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub levels: Option<Vec<String>>,
    /// Robust z-score.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub z_score: Option<u64>,
    /// Less spending in an hour says nothing; US dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_usd: Option<String>,
    /// Days that an hour is compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history_days: Option<u64>,
    /// Only what lasts as long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub for_seconds: Option<u64>,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Somebody should look.
    Warning,
    /// Somebody must look.
    Critical,
}

impl Severity {
    /// Every severity with its name.
    pub const NAMES: [(&'static str, Self); 3] =
        [("info", Self::Info), ("warning", Self::Warning), ("critical", Self::Critical)];

    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// Who or what each figure is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// Everything together.
    All,
    /// Models as callers name them.
    Model,
    /// Providers.
    Provider,
    /// Keys.
    Key,
    /// Users.
    User,
    /// Projects.
    Project,
    /// Teams.
    Team,
    /// Organizations.
    Organization,
}

impl Dimension {
    const NAMES: [(&'static str, Self); 8] = [
        ("all", Self::All),
        ("model", Self::Model),
        ("provider", Self::Provider),
        ("key", Self::Key),
        ("user", Self::User),
        ("project", Self::Project),
        ("team", Self::Team),
        ("organization", Self::Organization),
    ];

    /// The name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(_, known)| *known == self).map_or("all", |(name, _)| name)
    }
}

/// What is looked at of traffic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// Over how long a time, in minutes.
    pub window_minutes: u64,
    /// Fewer requests say nothing.
    pub min_requests: u64,
    /// What figures are of.
    pub per: Dimension,
    /// These values only; all where there are none.
    pub only: Vec<String>,
}

/// What a rule looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Budgets that are used up to some share, or will be exceeded.
    Budget {
        /// Shares in percent, in growing order; those of a budget's own go before.
        at: Vec<u16>,
        /// Also when the period is expected to end above the budget.
        forecast: bool,
        /// Whose budgets; everybody's where there are none.
        levels: Vec<Level>,
    },
    /// Too many requests fail.
    ErrorRate {
        /// Of which requests.
        traffic: Traffic,
        /// More percent than these.
        above_percent: u64,
    },
    /// Answers take too long.
    Latency {
        /// Of which requests.
        traffic: Traffic,
        /// So many of a thousand are faster.
        per_mille: u16,
        /// More milliseconds than these.
        above_ms: u64,
        /// To the first byte, rather than to the last.
        to_first_byte: bool,
    },
    /// Guardrails block too much.
    GuardrailBlocks {
        /// Of which requests.
        traffic: Traffic,
        /// More than so many.
        above: u64,
    },
    /// A provider can not be used.
    ProviderDown {
        /// These only; all where there are none.
        only: Vec<String>,
        /// For so long.
        for_us: Micros,
    },
    /// An hour costs far more than others.
    SpendAnomaly {
        /// Keys or teams.
        per: Dimension,
        /// These values only; all where there are none.
        only: Vec<String>,
        /// The robust z-score from which on it does.
        z_score: u64,
        /// Less is never far more.
        min: NanoUsd,
        /// How far back is compared.
        history_days: u64,
    },
    /// A model is used for the first time.
    NewModel,
    /// A key is used for the first time.
    NewKey,
}

impl Condition {
    /// Names of all kinds.
    pub const KINDS: [&'static str; 8] = [
        "budget",
        "error_rate",
        "latency",
        "provider_down",
        "spend_anomaly",
        "guardrail_blocks",
        "new_model",
        "new_key",
    ];

    /// Name of the kind.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Budget { .. } => "budget",
            Self::ErrorRate { .. } => "error_rate",
            Self::Latency { .. } => "latency",
            Self::GuardrailBlocks { .. } => "guardrail_blocks",
            Self::ProviderDown { .. } => "provider_down",
            Self::SpendAnomaly { .. } => "spend_anomaly",
            Self::NewModel => "new_model",
            Self::NewKey => "new_key",
        }
    }

    /// That it is over is news, too: not for what happens once, or ends with the calendar.
    const fn ends_with_news(&self) -> bool {
        !matches!(self, Self::Budget { .. } | Self::NewModel | Self::NewKey)
    }

    /// Each gateway sees something else.
    #[must_use]
    pub const fn is_local(&self) -> bool {
        matches!(self, Self::ProviderDown { .. })
    }
}

/// A rule, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Identifies it for ever.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whose it is; the gateway's without one.
    pub organization: Option<AccountId>,
    /// Off with false.
    pub enabled: bool,
    /// How bad it is.
    pub severity: Severity,
    /// Who is told; whoever is told of everything where there are none.
    pub channels: Vec<String>,
    /// Told again after so long while it goes on.
    pub repeat_after_us: Option<Micros>,
    /// Told when it is over.
    pub send_resolved: bool,
    /// What it looks for.
    pub condition: Condition,
}

/// What only some kinds have.
const OF_KIND: [(&str, &[&str]); 8] = [
    ("budget", &["at", "forecast", "levels"]),
    ("error_rate", &["per", "only", "window_minutes", "min_requests", "above_percent"]),
    ("latency", &["per", "only", "window_minutes", "min_requests", "percentile", "above_ms", "of"]),
    ("provider_down", &["only", "for_seconds"]),
    ("spend_anomaly", &["per", "only", "z_score", "min_usd", "history_days"]),
    ("guardrail_blocks", &["per", "only", "window_minutes", "above"]),
    ("new_model", &[]),
    ("new_key", &[]),
];

/// What every kind has.
const OF_ALL: [&str; 6] =
    ["kind", "enabled", "severity", "channels", "repeat_after_minutes", "send_resolved"];

impl RuleDraft {
    /// Names of all fields.
    pub fn fields() -> impl Iterator<Item = &'static str> {
        OF_ALL.into_iter().chain(OF_KIND.into_iter().flat_map(|(_, fields)| fields.iter().copied()))
    }

    /// Checks it.
    ///
    /// # Errors
    /// A field that is wrong, missing, or of another kind of rule.
    pub fn check(&self, id: &str, called: &str, organization: Option<AccountId>) -> Result<Rule, Wrong> {
        name(called)?;
        self.check_fields()?;
        let condition = self.condition()?;
        if organization.is_some() && condition.is_local() {
            let text = "rules of an organization can not look at providers: they are the gateway's";
            return Err(Wrong::new("kind", text));
        }
        let channels = self.channels.clone().unwrap_or_default();
        if channels.len() > MAX_LIST {
            return Err(Wrong::new("channels", format!("a rule may have {MAX_LIST} channels")));
        }
        let repeat = self.repeat_after_minutes;
        let repeat = repeat.map(|minutes| within("repeat_after_minutes", minutes, 1, 43_200)).transpose()?;
        let severity = self.severity.as_deref().unwrap_or("warning");
        Ok(Rule {
            id: id.to_owned(),
            name: called.to_owned(),
            organization,
            enabled: self.enabled.unwrap_or(true),
            severity: choice("severity", severity, &Severity::NAMES)?,
            channels,
            repeat_after_us: repeat.map(minutes),
            send_resolved: self.send_resolved.unwrap_or(condition.ends_with_news()),
            condition,
        })
    }

    /// What does not belong to the kind would be a wish that nobody hears.
    fn check_fields(&self) -> Result<(), Wrong> {
        let known = OF_KIND.iter().find(|(kind, _)| *kind == self.kind);
        let (kind, own) = known.ok_or_else(|| {
            Wrong::new("kind", format!("'kind' must be one of {}", Condition::KINDS.join(", ")))
        })?;
        let written = serde_json::to_value(self).unwrap_or(Value::Null);
        let given = |field: &str| written.get(field).is_some();
        let foreign = OF_KIND.iter().flat_map(|(_, fields)| fields.iter());
        match foreign.copied().find(|field| given(field) && !own.contains(field)) {
            Some(field) => {
                Err(Wrong::new(field, format!("'{field}' means nothing for a rule of kind {kind}")))
            }
            None => Ok(()),
        }
    }

    fn condition(&self) -> Result<Condition, Wrong> {
        let wanted = |field: &'static str, value: Option<u64>, least, most| {
            let value = value.ok_or_else(|| Wrong::new(field, format!("'{field}' is missing: add it")))?;
            within(field, value, least, most)
        };
        Ok(match self.kind.as_str() {
            "budget" => Condition::Budget {
                at: self.shares()?,
                forecast: self.forecast.unwrap_or(true),
                levels: self.levels()?,
            },
            "error_rate" => Condition::ErrorRate {
                traffic: self.traffic(20)?,
                above_percent: wanted("above_percent", self.above_percent, 0, 99)?,
            },
            "latency" => Condition::Latency {
                traffic: self.traffic(20)?,
                per_mille: match self.percentile.unwrap_or(95) {
                    percent @ 1..=99 => u16::try_from(percent * 10).unwrap_or(950),
                    _ => return Err(Wrong::new("percentile", "'percentile' must be from 1 to 99")),
                },
                above_ms: wanted("above_ms", self.above_ms, 1, 86_400_000)?,
                to_first_byte: choice(
                    "of",
                    self.of.as_deref().unwrap_or("total"),
                    &[("total", false), ("first_byte", true)],
                )?,
            },
            "guardrail_blocks" => Condition::GuardrailBlocks {
                traffic: self.traffic(1)?,
                above: wanted("above", self.above, 0, 1_000_000_000)?,
            },
            "provider_down" => Condition::ProviderDown {
                only: self.only()?,
                for_us: seconds(within("for_seconds", self.for_seconds.unwrap_or(0), 0, 86_400)?),
            },
            "spend_anomaly" => self.anomaly()?,
            "new_model" => Condition::NewModel,
            _ => Condition::NewKey,
        })
    }

    fn anomaly(&self) -> Result<Condition, Wrong> {
        let per = self.per.as_deref().unwrap_or("key");
        let known = [("key", Dimension::Key), ("team", Dimension::Team)];
        let min = NanoUsd::parse_usd(self.min_usd.as_deref().unwrap_or("1"))
            .map_err(|error| Wrong::new("min_usd", format!("'min_usd' is {error}")))?;
        Ok(Condition::SpendAnomaly {
            per: choice("per", per, &known)?,
            only: self.only()?,
            z_score: within("z_score", self.z_score.unwrap_or(4), 2, 1_000)?,
            min,
            history_days: within("history_days", self.history_days.unwrap_or(14), 2, 90)?,
        })
    }

    fn traffic(&self, usual_min: u64) -> Result<Traffic, Wrong> {
        let per = choice("per", self.per.as_deref().unwrap_or("all"), &Dimension::NAMES)?;
        let only = self.only()?;
        if per == Dimension::All && !only.is_empty() {
            return Err(Wrong::new("only", "'only' needs 'per', which says what its values are"));
        }
        let (window, min) = (self.window_minutes.unwrap_or(5), self.min_requests.unwrap_or(usual_min));
        Ok(Traffic {
            window_minutes: within("window_minutes", window, 1, MAX_WINDOW)?,
            min_requests: within("min_requests", min, 1, 1_000_000_000)?,
            per,
            only,
        })
    }

    fn only(&self) -> Result<Vec<String>, Wrong> {
        let only = self.only.clone().unwrap_or_default();
        if only.len() > MAX_LIST || only.iter().any(|value| value.is_empty() || value.len() > 256) {
            let text = format!("'only' may have {MAX_LIST} values of 1 to 256 bytes");
            return Err(Wrong::new("only", text));
        }
        Ok(only)
    }

    fn shares(&self) -> Result<Vec<u16>, Wrong> {
        let mut at = self.at.clone().unwrap_or_else(|| USUAL_SHARES.to_vec());
        at.sort_unstable();
        at.dedup();
        if at.len() > MAX_LIST || at.iter().any(|share| !(1..=1000).contains(share)) {
            return Err(Wrong::new("at", "'at' has shares of budgets in percent, from 1 to 1000"));
        }
        Ok(at)
    }

    fn levels(&self) -> Result<Vec<Level>, Wrong> {
        let known = || Level::ALL.iter().copied().filter(|level| *level != Level::Plan);
        let level = |name: &String| {
            let found = known().find(|level| level.as_str() == name);
            found.ok_or_else(|| {
                let names: Vec<&str> = known().map(Level::as_str).collect();
                Wrong::new("levels", format!("'levels' may have {}", names.join(", ")))
            })
        };
        self.levels.as_deref().unwrap_or_default().iter().map(level).collect()
    }
}

const fn minutes(count: u64) -> Micros {
    count.cast_signed() * MINUTE
}

const fn seconds(count: u64) -> Micros {
    count.cast_signed() * SECOND
}

#[cfg(test)]
mod tests;
