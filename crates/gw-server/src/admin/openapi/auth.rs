//! The part of the document about signing in. What is public is marked so; the rest takes a session, and no key.

use super::{Answer, Operation, object};
use serde_json::Value;

/// Where all of these are.
pub(super) const BELOW: &str = "/api/v1/auth/";

/// Those for whoever is not signed in.
pub(super) const PUBLIC: [&str; 5] = [
    "/api/v1/auth/methods",
    "/api/v1/auth/sign-in",
    "/api/v1/auth/password/redeem",
    "/api/v1/auth/oidc/{name}/start",
    "/api/v1/auth/oidc/{name}/callback",
];

/// The operations.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: "get",
        path: "/api/v1/auth/methods",
        summary: "Show how one may sign in",
        query: &[],
        body: None,
        answer: Answer::One(200, "SignInMethods"),
    },
    Operation {
        method: "post",
        path: "/api/v1/auth/sign-in",
        summary: "Sign in with email and password (and code, where a second factor is on), or with a key; sets the cookie",
        query: &[],
        body: Some("SignIn"),
        answer: Answer::One(200, "Session"),
    },
    Operation {
        method: "get",
        path: "/api/v1/auth/oidc/{name}/start",
        summary: "Send the browser to an identity provider, and back to return_to after",
        query: &["return_to"],
        body: None,
        answer: Answer::Redirect,
    },
    Operation {
        method: "get",
        path: "/api/v1/auth/oidc/{name}/callback",
        summary: "Take the browser back from the identity provider; sets the cookie, or leads to /ui/sign-in?error=...",
        query: &["code", "state", "error", "iss"],
        body: None,
        answer: Answer::Redirect,
    },
    Operation {
        method: "get",
        path: "/api/v1/auth/session",
        summary: "Show who is signed in, and what he may do",
        query: &[],
        body: None,
        answer: Answer::One(200, "Session"),
    },
    Operation {
        method: "post",
        path: "/api/v1/auth/sign-out",
        summary: "End the session that is shown; redirect_to is where the identity provider ends its own",
        query: &[],
        body: None,
        answer: Answer::One(200, "SignedOut"),
    },
    Operation {
        method: "get",
        path: "/api/v1/auth/sessions",
        summary: "List one's own sessions, the latest first",
        query: &[],
        body: None,
        answer: Answer::List("OwnSession"),
    },
    Operation {
        method: "delete",
        path: "/api/v1/auth/sessions/{id}",
        summary: "End one of one's own sessions",
        query: &[],
        body: None,
        answer: Answer::Empty,
    },
    Operation {
        method: "post",
        path: "/api/v1/auth/password",
        summary: "Change one's own password; ends all other sessions",
        query: &[],
        body: Some("PasswordChange"),
        answer: Answer::Empty,
    },
    Operation {
        method: "post",
        path: "/api/v1/auth/password/redeem",
        summary: "Choose a password by a link; ends all sessions of the user",
        query: &[],
        body: Some("PasswordRedemption"),
        answer: Answer::One(200, "PasswordRedeemed"),
    },
    Operation {
        method: "post",
        path: "/api/v1/auth/totp",
        summary: "Begin to enrol an authenticator app; the answer alone shows its secret",
        query: &[],
        body: None,
        answer: Answer::One(200, "TotpSecret"),
    },
    Operation {
        method: "post",
        path: "/api/v1/auth/totp/confirm",
        summary: "Turn the second factor on with a code of the app; the answer alone shows the recovery codes",
        query: &[],
        body: Some("TotpCode"),
        answer: Answer::One(200, "RecoveryCodes"),
    },
    Operation {
        method: "delete",
        path: "/api/v1/auth/totp",
        summary: "Turn the second factor off, by a code or the password",
        query: &[],
        body: Some("TotpRemoval"),
        answer: Answer::Empty,
    },
    Operation {
        method: "post",
        path: "/api/v1/users/{id}/password-link",
        summary: "Make a link with which a user chooses a password, once; the answer alone shows it",
        query: &[],
        body: Some("PasswordLinkInput"),
        answer: Answer::One(201, "PasswordLink"),
    },
];

/// Members of a session, for whoever is signed in.
const SESSION: [&str; 13] = [
    "id:string",
    "user:object?",
    "via:string",
    "provider:string?",
    "actor:string",
    "roles:array",
    "scopes:array",
    "permissions:object",
    "csrf_token:string",
    "expires_at:string",
    "has_password:boolean",
    "totp_enabled:boolean",
    "recovery_codes_left:integer",
];

/// The same, among several.
const OWN_SESSION: [&str; 9] = [
    "id:string",
    "via:string",
    "provider:string?",
    "current:boolean",
    "address:string",
    "user_agent:string",
    "created_at:string",
    "last_used_at:string",
    "expires_at:string",
];

/// The schemas.
pub(super) fn schemas() -> Vec<(String, Value)> {
    let all = [
        ("SignInMethods", object(&["password:boolean", "key:boolean", "oidc:array"])),
        ("SignIn", object(&["email:string?", "password:string?", "code:string?", "key:string?"])),
        ("Session", object(&SESSION)),
        ("SignedOut", object(&["redirect_to:string?"])),
        ("OwnSession", object(&OWN_SESSION)),
        ("PasswordChange", object(&["current:string", "new:string"])),
        ("PasswordRedemption", object(&["token:string", "new:string"])),
        ("PasswordRedeemed", object(&["email:string?", "name:string"])),
        ("TotpSecret", object(&["secret:string", "otpauth_uri:string"])),
        ("TotpCode", object(&["code:string"])),
        ("RecoveryCodes", object(&["recovery_codes:array"])),
        ("TotpRemoval", object(&["code:string?", "password:string?"])),
        ("PasswordLinkInput", object(&["reset_totp:boolean?"])),
        (
            "PasswordLink",
            object(&["user_id:string", "token:string", "path:string", "url:string?", "expires_at:string"]),
        ),
    ];
    all.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}
