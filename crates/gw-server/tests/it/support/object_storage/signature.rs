//! Whether a request is signed with the secret of the storage, as Amazon describes it for S3: the path stands in what is signed as
//! it stands on the wire, escaped once.

use super::{ACCESS_KEY, SECRET_KEY, header};
use ring::digest::{SHA256, digest};
use ring::hmac::{HMAC_SHA256, Key, sign};
use std::fmt::Write;

pub(super) fn is_good(head: &str, body: &[u8]) -> bool {
    expected(head, body).is_some_and(|wanted| {
        header(head, "authorization").is_some_and(|given| given.ends_with(&format!("Signature={wanted}")))
    })
}

fn expected(head: &str, body: &[u8]) -> Option<String> {
    let authorization = header(head, "authorization")?.strip_prefix("AWS4-HMAC-SHA256 ")?;
    let part = |name: &str| authorization.split(", ").find_map(|part| part.strip_prefix(name));
    let scope = part("Credential=")?.strip_prefix(ACCESS_KEY)?.strip_prefix('/')?;
    let signed = part("SignedHeaders=")?;
    let (date, hash) = (header(head, "x-amz-date")?, header(head, "x-amz-content-sha256")?);
    if hash != hex(digest(&SHA256, body).as_ref()) || !signed.contains("x-amz-content-sha256") {
        return None;
    }
    let mut words = head.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    pairs.sort_unstable();
    let mut headers = String::new();
    for name in signed.split(';') {
        writeln!(headers, "{name}:{}", header(head, name)?).unwrap();
    }
    let request = format!("{method}\n{path}\n{}\n{headers}\n{signed}\n{hash}", pairs.join("&"));
    let request = hex(digest(&SHA256, request.as_bytes()).as_ref());
    let mut key = format!("AWS4{SECRET_KEY}").into_bytes();
    for word in scope.split('/') {
        key = mac(&key, word);
    }
    Some(hex(&mac(&key, &format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{request}"))))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    sign(&Key::new(HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
