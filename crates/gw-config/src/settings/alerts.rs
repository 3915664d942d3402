//! Alerts: who is told of what.

use crate::place::At;
use crate::shape::{Named, Text, Texts, Usd, Whole, choices, settings};
use gw_model::Secret;

settings! {
    /// Alerts (docs/guides/alerts.md): rules, and the channels over which somebody is told.
    pub struct AlertSettings {
        /// Seconds between two looks.
        default(15) evaluate_every_seconds: Whole<1, 3_600>,
        /// Days that events are kept.
        default(90) event_retention_days: Whole<1, 3_650>,
        /// Most notices that wait to be told. What comes beyond is dropped and counted. No organization takes more of it than it leaves free.
        default(10_000) max_waiting: Whole<1, 1_000_000>,
        /// Most rules, channels and silences of one organization, each, that the API takes.
        default(100) max_per_organization: Whole<1, 10_000>,
        /// Channels that organizations make through the API may lead into private networks, and to the gateway's own machine.
        default(false) private_addresses: bool,
        /// Who is told, by a name.
        section channels: Named<AlertChannel>,
        /// Of what, by a name.
        section rules: Named<AlertRule>,
    }
}

settings! {
    /// A channel.
    pub struct AlertChannel {
        /// `webhook` (signed JSON), `slack` (an incoming web hook of Slack, or of whoever takes the same) or `email`.
        required kind: ChannelKind,
        /// Told of what rules find that name no channel.
        default(false) default: bool,
        /// Where the web hook is.
        optional url: Secret,
        /// What messages of a web hook are signed with, as the Standard Webhooks specification says.
        optional secret: Secret,
        /// Headers of its requests.
        section headers: Named<Secret>,
        /// The mail server.
        optional host: Text,
        /// Its port: 587 when not given, 465 for `tls`, 25 for `none`.
        optional port: Whole<1, 65_535>,
        /// `starttls`, `tls` (from the beginning) or `none`.
        optional security: MailSecurity,
        /// Who signs in at the mail server.
        optional username: Text,
        /// With which password.
        optional password: Secret,
        /// Who writes mails.
        optional from: Text,
        /// Who gets them.
        optional to: Texts,
        /// Longest time for one try, in milliseconds.
        default(10_000) timeout_ms: Whole<100, 60_000>,
        /// Minutes that a notice is tried again. Then it is given up and counted.
        default(60) give_up_after_minutes: Whole<1, 10_080>,
        /// PEM file with further certificate authorities.
        optional ca_file: Text,
        /// Allow link-local and metadata addresses.
        default(false) allow_link_local: bool,
    }
}

settings! {
    /// A rule. What a kind does not have is refused.
    pub struct AlertRule {
        /// `budget`, `error_rate`, `latency`, `provider_down`, `spend_anomaly`, `guardrail_blocks`, `new_model` or `new_key`.
        required kind: RuleKind,
        /// Off with `false`.
        optional enabled: bool,
        /// `info`, `warning` (when not given) or `critical`.
        optional severity: SeverityName,
        /// Names of channels. Those with `default: true` when not given.
        optional channels: Texts,
        /// Told again after so many minutes while it goes on. Once when not given.
        optional repeat_after_minutes: Whole<1, 43_200>,
        /// Told when it is over, too. Yes when not given, but for budgets and what is new.
        optional send_resolved: bool,
        /// What each figure is of: `all` (when not given), `model`, `provider`, `key`, `user`, `project`, `team` or `organization`; for `spend_anomaly` `key` or `team`.
        optional per: Text,
        /// These values of it only: ids or names.
        optional only: Texts,
        /// Over how many minutes. 5 when not given.
        optional window_minutes: Whole<1, 1_440>,
        /// Fewer requests in that time say nothing. 20 when not given.
        optional min_requests: Whole<1, 1_000_000_000>,
        /// For `error_rate`: more percent of requests than these.
        optional above_percent: Whole<0, 99>,
        /// For `latency`: which percentile. 95 when not given.
        optional percentile: Whole<1, 99>,
        /// For `latency`: more milliseconds than these.
        optional above_ms: Whole<1, 86_400_000>,
        /// For `latency`: to the last byte (`total`, when not given) or to the first (`first_byte`).
        optional of: Text,
        /// For `guardrail_blocks`: more than so many.
        optional above: Whole<0, 1_000_000_000>,
        /// For `budget`: shares in percent. 50, 80 and 100 when not given; a budget's own `alert_at` goes before.
        optional at: Vec<At<Whole<1, 1_000>>>,
        /// For `budget`: also when the period is expected to end above it. Yes when not given.
        optional forecast: bool,
        /// For `budget`: whose. Everybody's when not given.
        optional levels: Texts,
        /// For `spend_anomaly`: the robust z-score from which on an hour is told of. 4 when not given.
        optional z_score: Whole<2, 1_000>,
        /// For `spend_anomaly`: hours that cost less are not told of. 1 when not given.
        optional min_usd: Usd,
        /// For `spend_anomaly`: days that an hour is compared with. 14 when not given.
        optional history_days: Whole<2, 90>,
        /// For `provider_down`: only when it lasts as long.
        optional for_seconds: Whole<0, 86_400>,
    }
}

choices! {
    /// How somebody is told.
    pub enum ChannelKind {
        /// Signed JSON.
        Webhook = "webhook",
        /// As Slack takes it.
        Slack = "slack",
        /// A mail.
        Email = "email",
    }
}

choices! {
    /// How a mail server is spoken to.
    pub enum MailSecurity {
        /// Encrypted before anything is said.
        StartTls = "starttls",
        /// Encrypted from the beginning.
        Tls = "tls",
        /// In the clear.
        None = "none",
    }
}

choices! {
    /// What a rule looks at.
    pub enum RuleKind {
        /// Budgets.
        Budget = "budget",
        /// Failures.
        ErrorRate = "error_rate",
        /// Durations.
        Latency = "latency",
        /// Providers.
        ProviderDown = "provider_down",
        /// Spending.
        SpendAnomaly = "spend_anomaly",
        /// Guardrails.
        GuardrailBlocks = "guardrail_blocks",
        /// Models.
        NewModel = "new_model",
        /// Keys.
        NewKey = "new_key",
    }
}

choices! {
    /// How bad it is.
    pub enum SeverityName {
        /// Good to know.
        Info = "info",
        /// Somebody should look.
        Warning = "warning",
        /// Somebody must look.
        Critical = "critical",
    }
}
