//! The body of Slack's incoming web hooks, which others take too. In a text of theirs `<!channel>` calls everybody, and
//! what Markdown there is makes links and loads pictures; so no name comes through as anything but letters.

use super::{plain, title};
use crate::notice::Notice;
use serde_json::{Value, json};

/// Comes between characters that would mean something together, and is not seen.
const APART: char = '\u{200b}';

/// The body.
#[must_use]
pub fn body(notice: &Notice) -> Vec<u8> {
    let text = format!("{}\n{}", escaped(&title(notice)), escaped(&plain(&notice.summary)));
    let color = match (notice.kind.as_str(), notice.severity.as_str()) {
        ("resolved", _) => "#2e7d32",
        (_, "critical") => "#c62828",
        (_, "warning") => "#ef6c00",
        _ => "#1565c0",
    };
    let fields: Vec<Value> = notice.details.iter().filter_map(field).collect();
    let body = json!({
        "text": text,
        "mrkdwn": false,
        "unfurl_links": false,
        "unfurl_media": false,
        "attachments": [{ "color": color, "fallback": text, "fields": fields, "mrkdwn_in": [] }],
    });
    body.to_string().into_bytes()
}

fn field((name, value): (&String, &Value)) -> Option<Value> {
    let value = match value {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Some(
        json!({ "title": escaped(&name.replace('_', " ")), "value": escaped(&plain(&value)), "short": true }),
    )
}

/// Three characters are written otherwise, as Slack has it; those that mean something in Markdown are set apart.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '*' | '_' | '~' | '`' | '[' | ']' | '(' | '!' | '@' | '#' | '|' | '\\' => {
                out.push(c);
                out.push(APART);
            }
            // No address becomes a link.
            ':' => {
                out.push(c);
                out.push(APART);
            }
            c => out.push(c),
        }
    }
    out
}
