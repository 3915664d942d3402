//! The forms of vendors' keys, as a table: an anchor, and what follows it. Serves the search for credentials. A new
//! vendor is a new row.

/// What belongs to a key beside its anchor.
#[derive(Clone, Copy)]
pub(super) enum Rest {
    /// Characters behind it.
    Run { allowed: fn(u8) -> bool, least: usize, longest: usize },
    /// The anchor begins a signed token.
    Jwt,
    /// The anchor is within a link, which may hold a password.
    Link,
    /// Characters before it.
    Before { allowed: fn(u8) -> bool, least: usize },
}

/// One form of keys.
pub(super) struct Form {
    pub(super) kind: &'static str,
    pub(super) anchor: &'static str,
    pub(super) rest: Rest,
    /// It may stand within a word.
    pub(super) within_word: bool,
}

fn alnum(b: u8) -> bool {
    b.is_ascii_alphanumeric()
}
fn name(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')
}
fn base64(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')
}
fn dotted(b: u8) -> bool {
    name(b) || b == b'.'
}
fn hex(b: u8) -> bool {
    b.is_ascii_hexdigit()
}
fn capital(b: u8) -> bool {
    b.is_ascii_uppercase() || b.is_ascii_digit()
}
fn path(b: u8) -> bool {
    name(b) || matches!(b, b'/' | b'.')
}

const fn run(
    kind: &'static str,
    anchor: &'static str,
    allowed: fn(u8) -> bool,
    least: usize,
    longest: usize,
) -> Form {
    Form { kind, anchor, rest: Rest::Run { allowed, least, longest }, within_word: false }
}

pub(super) static VENDORS: &[Form] = &[
    run("openai_key", "sk-proj-", name, 20, 256),
    run("openai_key", "sk-svcacct-", name, 20, 256),
    run("openai_key", "sk-admin-", name, 20, 256),
    run("openai_key", "sk-", alnum, 20, 128),
    run("anthropic_key", "sk-ant-", name, 20, 200),
    run("openrouter_key", "sk-or-v1-", hex, 32, 80),
    run("google_api_key", "AIza", name, 30, 40),
    run("google_oauth_secret", "GOCSPX-", name, 20, 40),
    run("google_oauth_token", "ya29.", name, 20, 400),
    run("groq_key", "gsk_", alnum, 30, 80),
    run("xai_key", "xai-", alnum, 40, 120),
    run("perplexity_key", "pplx-", alnum, 32, 80),
    run("huggingface_token", "hf_", alnum, 30, 60),
    run("replicate_token", "r8_", alnum, 30, 60),
    run("nvidia_key", "nvapi-", name, 40, 90),
    run("fireworks_key", "fw_", alnum, 20, 40),
    run("cerebras_key", "csk-", alnum, 30, 70),
    run("langsmith_key", "lsv2_pt_", name, 30, 70),
    run("aws_access_key", "AKIA", capital, 16, 16),
    run("aws_access_key", "ASIA", capital, 16, 16),
    run("aws_bedrock_key", "ABSK", base64, 100, 300),
    run("github_token", "ghp_", alnum, 36, 255),
    run("github_token", "gho_", alnum, 36, 255),
    run("github_token", "ghu_", alnum, 36, 255),
    run("github_token", "ghs_", alnum, 36, 255),
    run("github_token", "ghr_", alnum, 36, 255),
    run("github_token", "github_pat_", name, 22, 255),
    run("gitlab_token", "glpat-", name, 20, 80),
    run("gitlab_token", "gldt-", name, 20, 80),
    run("slack_token", "xoxb-", name, 20, 200),
    run("slack_token", "xoxp-", name, 20, 200),
    run("slack_token", "xoxa-", name, 20, 200),
    run("slack_token", "xoxr-", name, 20, 200),
    run("slack_token", "xoxs-", name, 20, 200),
    run("slack_token", "xapp-", name, 20, 200),
    Form {
        kind: "slack_webhook",
        anchor: "hooks.slack.com/services/",
        rest: Rest::Run { allowed: path, least: 20, longest: 120 },
        within_word: true,
    },
    Form {
        kind: "discord_webhook",
        anchor: "discord.com/api/webhooks/",
        rest: Rest::Run { allowed: path, least: 40, longest: 160 },
        within_word: true,
    },
    run("stripe_key", "sk_live_", alnum, 16, 255),
    run("stripe_key", "sk_test_", alnum, 16, 255),
    run("stripe_key", "rk_live_", alnum, 16, 255),
    run("stripe_key", "rk_test_", alnum, 16, 255),
    run("stripe_webhook_secret", "whsec_", base64, 24, 100),
    run("square_token", "sq0atp-", name, 22, 60),
    run("square_token", "sq0csp-", name, 40, 60),
    run("square_token", "EAAA", name, 56, 70),
    run("paypal_token", "access_token$production$", name, 30, 80),
    run("shopify_token", "shpat_", hex, 32, 32),
    run("shopify_token", "shpca_", hex, 32, 32),
    run("shopify_token", "shppa_", hex, 32, 32),
    run("shopify_token", "shpss_", hex, 32, 32),
    run("sendgrid_key", "SG.", dotted, 60, 80),
    run("mailgun_key", "key-", hex, 32, 32),
    Form {
        kind: "mailchimp_key",
        anchor: "-us",
        rest: Rest::Before { allowed: hex, least: 32 },
        within_word: true,
    },
    run("brevo_key", "xkeysib-", name, 60, 100),
    run("twilio_key", "SK", hex, 32, 32),
    run("twilio_account", "AC", hex, 32, 32),
    run("npm_token", "npm_", alnum, 36, 50),
    run("pypi_token", "pypi-", name, 50, 300),
    run("rubygems_key", "rubygems_", hex, 48, 48),
    run("crates_token", "cio", alnum, 32, 32),
    run("docker_token", "dckr_pat_", name, 20, 60),
    run("digitalocean_token", "dop_v1_", hex, 64, 64),
    run("digitalocean_token", "doo_v1_", hex, 64, 64),
    run("heroku_key", "HRKU-", name, 30, 80),
    run("linear_key", "lin_api_", alnum, 32, 60),
    run("notion_token", "ntn_", alnum, 40, 60),
    run("notion_token", "secret_", alnum, 43, 43),
    run("figma_token", "figd_", name, 30, 60),
    run("airtable_token", "pat", dotted, 78, 82),
    run("atlassian_token", "ATATT3", name, 60, 250),
    run("asana_token", "1/", |b| b.is_ascii_digit() || b == b':', 48, 60),
    run("databricks_token", "dapi", hex, 32, 40),
    run("snowflake_token", "ver:1-hint:", base64, 20, 400),
    run("grafana_token", "glsa_", name, 32, 60),
    run("grafana_token", "glc_", base64, 32, 400),
    run("newrelic_key", "NRAK-", capital, 27, 27),
    run("datadog_key", "ddapi_", alnum, 32, 60),
    run("sentry_token", "sntrys_", name, 40, 300),
    run("posthog_key", "phc_", alnum, 40, 60),
    run("vault_token", "hvs.", name, 24, 200),
    run("vault_token", "hvb.", name, 24, 300),
    Form {
        kind: "terraform_token",
        anchor: ".atlasv1.",
        rest: Rest::Run { allowed: name, least: 60, longest: 80 },
        within_word: true,
    },
    run("doppler_token", "dp.pt.", alnum, 40, 50),
    run("pulumi_token", "pul-", hex, 40, 40),
    run("planetscale_token", "pscale_tkn_", name, 32, 64),
    run("supabase_key", "sbp_", hex, 40, 44),
    run("vercel_token", "vercel_", alnum, 24, 60),
    run("netlify_token", "nfp_", alnum, 36, 60),
    run("flyio_token", "fm2_", base64, 40, 600),
    run("cloudflare_token", "v1.0-", hex, 24, 200),
    Form {
        kind: "telegram_bot_token",
        anchor: ":AA",
        rest: Rest::Run { allowed: name, least: 32, longest: 36 },
        within_word: true,
    },
    run("facebook_token", "EAACEdEose0cBA", alnum, 10, 300),
    run("age_secret_key", "AGE-SECRET-KEY-1", capital, 58, 58),
    run("gatewright_key", "gw-", alnum, 43, 43),
    Form {
        kind: "azure_storage_key",
        anchor: "AccountKey=",
        rest: Rest::Run { allowed: base64, least: 40, longest: 100 },
        within_word: true,
    },
    Form {
        kind: "azure_sas",
        anchor: "SharedAccessKey=",
        rest: Rest::Run { allowed: base64, least: 30, longest: 100 },
        within_word: true,
    },
    Form {
        kind: "google_oauth_client",
        anchor: ".apps.googleusercontent.com",
        rest: Rest::Before { allowed: name, least: 20 },
        within_word: true,
    },
    Form { kind: "jwt", anchor: "eyJ", rest: Rest::Jwt, within_word: false },
    Form { kind: "password", anchor: "://", rest: Rest::Link, within_word: true },
];

/// Every kind of credentials that is found.
#[must_use]
pub fn kinds() -> Vec<&'static str> {
    let others = ["private_key", "password", "api_key", "high_entropy"];
    let mut kinds: Vec<_> = VENDORS.iter().map(|form| form.kind).chain(others).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}
