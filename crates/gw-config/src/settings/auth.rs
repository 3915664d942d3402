//! Callers with tokens of identity providers (JWT), in place of virtual keys; and how people sign in.

use super::keys::EndpointName;
use super::limits::{BudgetSettings, LimitSettings};
use super::overload::PriorityName;
use super::sign_in::{OidcBlock, SessionBlock, SignInBlock};
use crate::place::At;
use crate::shape::{Named, Text, Texts, Whole, choices, settings};

settings! {
    /// Callers with tokens of identity providers in place of virtual keys, and how people sign in.
    pub struct AuthBlock {
        /// Tokens (JWT) as credentials of calls.
        section jwt: JwtBlock,
        /// What callers with tokens may do, by a name of your own.
        section policies: Named<CallerPolicySettings>,
        /// How people sign in with a password or a key.
        section sign_in: SignInBlock,
        /// How long people stay signed in.
        section sessions: SessionBlock,
        /// Identity providers at which people sign in.
        section oidc: Vec<At<OidcBlock>>,
        /// Where browsers find this gateway, as `https://gateway.example.com`. By what the browser says (`Host`) when not given.
        optional public_url: Text,
    }
}

settings! {
    /// Tokens (JWT) as credentials of calls.
    pub struct JwtBlock {
        /// Whose tokens are accepted, by a name of your own.
        section issuers: Named<IssuerBlock>,
        /// Most callers by token that are known at a time. One more is refused until others' tokens have ended.
        default(100_000) max_callers: Whole<1, 10_000_000>,
        /// Largest token. A larger one is refused.
        default(16_384) max_token_bytes: Whole<512, 65_536>,
        /// How often an issuer's keys are read again. What was read stays in force while it cannot be reached.
        default(600) refresh_seconds: Whole<10, 86_400>,
        /// Least time between two readings that tokens with unknown keys cause.
        default(10) refresh_pause_seconds: Whole<1, 3_600>,
    }
}

settings! {
    /// One issuer of tokens.
    pub struct IssuerBlock {
        /// Who stands in `iss`, letter by letter.
        required issuer: Text,
        /// One of these must stand in `aud`.
        required audiences: Texts,
        /// Where the discovery document stands, when not at `/.well-known/openid-configuration` below the issuer.
        optional discovery_url: Text,
        /// Where the public keys (JWKS) stand; nothing is discovered then.
        optional jwks_url: Text,
        /// A file with the public keys, as JWKS or PEM; nothing is fetched then. Read at start and reload.
        optional keys_file: Text,
        /// PEM file with further certificate authorities, for the issuer's own certificate.
        optional ca_file: Text,
        /// Ways of signing that are accepted. All when not given.
        optional algorithms: Vec<At<AlgorithmName>>,
        /// How far clocks may be apart.
        default(60) leeway_seconds: Whole<0, 600>,
        /// How old tokens may be by their `iat`, which they must have then.
        optional max_age_seconds: Whole<1, 31_536_000>,
        /// Claims that a token must have, each with one of the values that are given; `*` is any value.
        section required_claims: Named<Texts>,
        /// In which claims things stand.
        section claims: ClaimBlock,
        /// What holds where a token says nothing.
        section defaults: BelongsBlock,
        /// What further claims say, such as groups. Of those that fit, the first that says a thing decides it.
        section map: Vec<At<MapBlock>>,
        /// Addresses (`email`) count also where a token does not say whether they are verified. Only for issuers that give out none that a person could make up.
        default(false) trust_email: bool,
        /// Users that nobody made are made at their first call.
        default(false) create_users: bool,
    }
}

settings! {
    /// In which claims things stand. Dots lead into objects, as in `realm_access.roles`.
    pub struct ClaimBlock {
        /// How the caller is called in reports. `email`, else `preferred_username`, else `sub`, when not given.
        optional name: Text,
        /// The user: whatever names the person at the issuer.
        optional user: Text,
        /// The id of a user here (`user_...`), from an issuer that may name any of them.
        optional user_id: Text,
        /// The organization: its id or name.
        optional organization: Text,
        /// The team: its id or name.
        optional team: Text,
        /// The project: its id or name.
        optional project: Text,
        /// The customer.
        optional customer: Text,
        /// Tags.
        optional tags: Text,
        /// The plan: its id or name.
        optional plan: Text,
        /// The policy (`auth.policies`).
        optional policy: Text,
    }
}

settings! {
    /// What a caller belongs to.
    pub struct BelongsBlock {
        /// The organization: its id or name.
        optional organization: Text,
        /// The team: its id or name.
        optional team: Text,
        /// The project: its id or name.
        optional project: Text,
        /// The plan: its id or name.
        optional plan: Text,
        /// The policy (`auth.policies`). Without one everything is allowed that a key without restrictions may.
        optional policy: Text,
    }
}

settings! {
    /// What a claim's value says.
    pub struct MapBlock {
        /// The claim.
        required claim: Text,
        /// Its value, or one of them; `*` may stand at the end.
        required value: Text,
        /// The organization: its id or name.
        optional organization: Text,
        /// The team: its id or name.
        optional team: Text,
        /// The project: its id or name.
        optional project: Text,
        /// The plan: its id or name.
        optional plan: Text,
        /// The policy (`auth.policies`).
        optional policy: Text,
    }
}

settings! {
    /// What callers with tokens may do. Limits and budgets hold for each of them.
    pub struct CallerPolicySettings {
        /// Models that they may call: names, `provider/*`, or `*`. All when not given.
        optional models: Texts,
        /// Kinds of work that they may ask for. All but `passthrough` when not given.
        optional endpoints: Vec<At<EndpointName>>,
        /// Rate and concurrency limits.
        section limits: LimitSettings,
        /// Hard budget.
        optional budget: BudgetSettings,
        /// Several budgets, in place of `budget`: all must have enough left.
        section budgets: Vec<At<BudgetSettings>>,
        /// Whose calls wait and are refused first when there is not room for all: `low`, `normal` or `high`.
        default("normal") priority: PriorityName,
        /// Which of a provider's credentials their calls use: the provider's name, then the credential's.
        section credentials: Named<Text>,
    }
}

choices! {
    /// A way of signing tokens.
    pub enum AlgorithmName {
        /// RSA, PKCS#1 v1.5, SHA-256.
        Rs256 = "RS256",
        /// RSA, PKCS#1 v1.5, SHA-384.
        Rs384 = "RS384",
        /// RSA, PKCS#1 v1.5, SHA-512.
        Rs512 = "RS512",
        /// RSA, PSS, SHA-256.
        Ps256 = "PS256",
        /// RSA, PSS, SHA-384.
        Ps384 = "PS384",
        /// RSA, PSS, SHA-512.
        Ps512 = "PS512",
        /// ECDSA over P-256.
        Es256 = "ES256",
        /// ECDSA over P-384.
        Es384 = "ES384",
        /// Ed25519.
        EdDsa = "EdDSA",
    } later { "HS256", "HS384", "HS512", "ES512" }
}
