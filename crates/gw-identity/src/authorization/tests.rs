//! Addresses and forms of a sign-in.

use super::*;

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

fn provider() -> Discovered {
    Discovered {
        authorization_endpoint: Some("https://idp.example/auth?tenant=a".to_owned()),
        end_session_endpoint: Some("https://idp.example/end".to_owned()),
        ..Discovered::default()
    }
}

fn attempt() -> Attempt<'static> {
    Attempt {
        client_id: "a client",
        redirect_uri: "https://gw.example/back",
        scopes: "openid email",
        state: "s&t",
        nonce: "n",
        verifier: VERIFIER,
    }
}

#[test]
fn people_are_sent_with_a_challenge() {
    let url = authorization_url(&provider(), &attempt()).unwrap();
    assert_eq!(
        url,
        "https://idp.example/auth?tenant=a&response_type=code&client_id=a%20client&redirect_uri=https%3A%2F%2Fgw.example%2Fback\
         &scope=openid%20email&state=s%26t&nonce=n&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\
         &code_challenge_method=S256"
    );
    assert_eq!(authorization_url(&Discovered::default(), &attempt()), None);
}

#[test]
fn the_code_goes_with_what_only_we_know() {
    let body = code_form(&attempt(), "c/1", None);
    assert_eq!(
        body,
        format!(
            "grant_type=authorization_code&code=c%2F1&redirect_uri=https%3A%2F%2Fgw.example%2Fback&code_verifier={VERIFIER}"
        )
    );
    assert!(code_form(&attempt(), "c", Some("s:1")).ends_with("&client_id=a%20client&client_secret=s%3A1"));
    assert!(public_code_form(&attempt(), "c").ends_with("&client_id=a%20client"));
    assert_eq!(client_credentials("a b", "c:d"), "Basic YSUyMGI6YyUzQWQ=");
    let answer = granted(br#"{"id_token":"x.y.z","access_token":"t","token_type":"Bearer"}"#).unwrap();
    assert_eq!((answer.id_token.as_str(), answer.access_token.as_deref()), ("x.y.z", Some("t")));
    assert_eq!(granted(b"{}"), None);
}

#[test]
fn people_are_sent_to_sign_out_too() {
    let url = end_session_url(&provider(), "c", Some("x.y.z"), "https://gw.example/ui/").unwrap();
    assert_eq!(
        url,
        "https://idp.example/end?client_id=c&post_logout_redirect_uri=https%3A%2F%2Fgw.example%2Fui%2F&id_token_hint=x.y.z"
    );
    assert_eq!(end_session_url(&Discovered::default(), "c", None, "x"), None);
}

#[test]
fn bytes_travel_in_addresses() {
    let bytes = [251, 255, 0, 1];
    assert_eq!(from_url_text(&url_text(&bytes)).unwrap(), bytes);
    assert_eq!(from_url_text("a+b"), None);
}
