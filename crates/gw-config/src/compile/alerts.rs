//! Alerts of the file: the same rules and channels as those of the API, checked by the same code.

use crate::errors::Faults;
use crate::place::{At, Place};
use crate::settings::alerts::{AlertChannel, AlertRule, AlertSettings};
use crate::shape::{NamedEntry, Texts};
use gw_alerts::channel::Reach;
use gw_alerts::{Channel, ChannelDraft, ChannelSecrets, Rule, RuleDraft, Wrong};

/// Alerts of the file, and bounds of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertPolicy {
    /// Seconds between two looks.
    pub evaluate_every_seconds: u64,
    /// Days that events are kept.
    pub event_retention_days: u64,
    /// Most notices that wait.
    pub max_waiting: usize,
    /// Most rules, channels and silences of one organization, each.
    pub max_per_organization: usize,
    /// Channels of organizations may lead into private networks.
    pub private_addresses: bool,
    /// Channels of the file, with what is shown of them.
    pub channels: Vec<(Channel, ChannelDraft)>,
    /// Rules of the file, as they are written too.
    pub rules: Vec<(Rule, RuleDraft)>,
}

pub(super) fn alerts(block: &AlertSettings, faults: &mut Faults) -> AlertPolicy {
    let channels = block.channels.value.0.iter().filter_map(|entry| {
        let (draft, secrets) = channel(&entry.value);
        let reach = Reach {
            ca_file: entry.value.ca_file.as_ref().map(|file| file.value.0.clone()),
            allow_link_local: entry.value.allow_link_local.value,
            only_public: false,
        };
        let id = format!("file:{}", entry.name);
        let checked = draft.check((&id, &entry.name), None, &secrets, reach);
        Some((noted(checked, entry, entry.value.place, faults)?, draft))
    });
    let channels: Vec<(Channel, ChannelDraft)> = channels.collect();
    let rules = block.rules.value.0.iter().filter_map(|entry| {
        let draft = rule(&entry.value);
        let checked = draft.check(&format!("file:{}", entry.name), &entry.name, None);
        for name in texts(entry.value.channels.as_ref()).unwrap_or_default() {
            if block.channels.value.get(&name).is_none() {
                let place = entry.value.channels.as_ref().map_or(entry.place, |list| list.place);
                faults.add(place, format!("there is no channel '{name}' below 'alerts.channels'"));
            }
        }
        Some((noted(checked, entry, entry.value.place, faults)?, draft))
    });
    AlertPolicy {
        evaluate_every_seconds: block.evaluate_every_seconds.value.get(),
        event_retention_days: block.event_retention_days.value.get(),
        max_waiting: block.max_waiting.value.size(),
        max_per_organization: block.max_per_organization.value.size(),
        private_addresses: block.private_addresses.value,
        rules: rules.collect(),
        channels,
    }
}

fn noted<T, E>(
    checked: Result<T, Wrong>,
    entry: &NamedEntry<E>,
    place: Place,
    faults: &mut Faults,
) -> Option<T> {
    checked
        .map_err(|wrong| {
            let place = if wrong.field == "name" { entry.place } else { place };
            faults.add(place, format!("'{}': {}", entry.name, wrong.text));
        })
        .ok()
}

fn texts(list: Option<&At<Texts>>) -> Option<Vec<String>> {
    list.map(|list| list.value.0.iter().map(|text| text.value.0.clone()).collect())
}

fn channel(given: &AlertChannel) -> (ChannelDraft, ChannelSecrets) {
    let draft = ChannelDraft {
        kind: given.kind.value.as_str().to_owned(),
        default: Some(given.default.value),
        timeout_ms: Some(given.timeout_ms.value.get()),
        give_up_after_minutes: Some(given.give_up_after_minutes.value.get()),
        host: given.host.as_ref().map(|text| text.value.0.clone()),
        port: given.port.as_ref().map(|port| port.value.get()),
        security: given.security.as_ref().map(|word| word.value.as_str().to_owned()),
        username: given.username.as_ref().map(|text| text.value.0.clone()),
        from: given.from.as_ref().map(|text| text.value.0.clone()),
        to: texts(given.to.as_ref()),
    };
    let headers = given.headers.value.0.iter();
    let secrets = ChannelSecrets {
        url: given.url.as_ref().map(|url| url.value.clone()),
        secret: given.secret.as_ref().map(|secret| secret.value.clone()),
        headers: headers.map(|entry| (entry.name.clone(), entry.value.clone())).collect(),
        password: given.password.as_ref().map(|password| password.value.clone()),
    };
    (draft, secrets)
}

fn rule(given: &AlertRule) -> RuleDraft {
    let shares = given.at.as_ref().map(|at| {
        at.value.iter().map(|share| u16::try_from(share.value.get()).unwrap_or(u16::MAX)).collect()
    });
    RuleDraft {
        kind: given.kind.value.as_str().to_owned(),
        enabled: given.enabled.as_ref().map(|flag| flag.value),
        severity: given.severity.as_ref().map(|word| word.value.as_str().to_owned()),
        channels: texts(given.channels.as_ref()),
        repeat_after_minutes: given.repeat_after_minutes.as_ref().map(|number| number.value.get()),
        send_resolved: given.send_resolved.as_ref().map(|flag| flag.value),
        per: given.per.as_ref().map(|text| text.value.0.clone()),
        only: texts(given.only.as_ref()),
        window_minutes: given.window_minutes.as_ref().map(|number| number.value.get()),
        min_requests: given.min_requests.as_ref().map(|number| number.value.get()),
        above_percent: given.above_percent.as_ref().map(|number| number.value.get()),
        percentile: given.percentile.as_ref().map(|number| number.value.get()),
        above_ms: given.above_ms.as_ref().map(|number| number.value.get()),
        of: given.of.as_ref().map(|text| text.value.0.clone()),
        above: given.above.as_ref().map(|number| number.value.get()),
        at: shares,
        forecast: given.forecast.as_ref().map(|flag| flag.value),
        levels: texts(given.levels.as_ref()),
        z_score: given.z_score.as_ref().map(|number| number.value.get()),
        min_usd: given.min_usd.as_ref().map(|amount| amount.value.0.to_string()),
        history_days: given.history_days.as_ref().map(|number| number.value.get()),
        for_seconds: given.for_seconds.as_ref().map(|number| number.value.get()),
    }
}
