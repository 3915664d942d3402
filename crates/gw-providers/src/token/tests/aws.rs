//! Credentials of AWS: STS, profiles, metadata services.

use super::{NOW, form};
use crate::aws::{self, Claim};
use crate::token::aws_profile::{Files, resolve};
use crate::token::{Token, aws_hosts, aws_sts};
use gw_model::Secret;
use gw_model::credential::{AwsRole, AwsSource, CredentialValue};
use gw_model::snapshot::AwsCredentials;

fn keys(id: &str, secret: &str, token: Option<&str>) -> AwsCredentials {
    AwsCredentials {
        access_key_id: id.into(),
        secret_access_key: Secret::new(secret.to_owned()),
        session_token: token.map(|text| Secret::new(text.to_owned())),
    }
}

fn role() -> AwsRole {
    AwsRole {
        arn: "arn:aws:iam::123456789012:role/caller".into(),
        session_name: None,
        external_id: Some("ext 1".into()),
        region: "eu-west-1".into(),
        endpoint: None,
    }
}

#[test]
fn a_role_is_asked_for_with_a_signed_form() {
    let request =
        aws_sts::assume_role(&role(), &keys("AKIDEXAMPLE", "secret", Some("session")), NOW).unwrap();
    assert_eq!(request.url, "https://sts.eu-west-1.amazonaws.com/");
    let fields = form(&request);
    let wanted = [
        ("Action", "AssumeRole"),
        ("Version", "2011-06-15"),
        ("RoleArn", "arn:aws:iam::123456789012:role/caller"),
        ("RoleSessionName", "gatewright"),
        ("ExternalId", "ext 1"),
        ("DurationSeconds", "3600"),
    ];
    for (name, value) in wanted {
        assert_eq!(fields[name], value, "{name}");
    }
    assert_eq!(request.headers["x-amz-security-token"], "session");
    let authorization = request.headers["authorization"].to_str().unwrap();
    assert!(authorization.contains("/eu-west-1/sts/aws4_request"), "{authorization}");
    // Our own check of signatures agrees; it is held to AWS's vectors elsewhere.
    let mut headers = request.headers.clone();
    headers.insert("host", "sts.eu-west-1.amazonaws.com".parse().unwrap());
    let parts = aws::RequestParts { method: "POST", path: "/", query: "", host: "", headers: &headers };
    let hash = aws::body_hash(std::slice::from_ref(&request.body));
    let secret = Secret::new("secret".to_owned());
    let claim = Claim::read(&headers, NOW).unwrap();
    assert_eq!((claim.access_key_id, claim.region, claim.service), ("AKIDEXAMPLE", "eu-west-1", "sts"));
    claim.check(&parts, &hash, &secret).unwrap();
}

#[test]
fn elsewhere_and_without_a_role() {
    let china = AwsRole { region: "cn-north-1".into(), ..role() };
    let made = aws_sts::assume_role(&china, &keys("A", "s", None), NOW).unwrap();
    assert_eq!(made.url, "https://sts.cn-north-1.amazonaws.com.cn/");
    let own =
        AwsRole { endpoint: Some("http://127.0.0.1:9".into()), session_name: Some("me".into()), ..role() };
    let made = aws_sts::assume_with_token(&own, "a.b.c").unwrap();
    assert_eq!(made.url, "http://127.0.0.1:9/");
    let fields = form(&made);
    assert_eq!((&*fields["Action"], &*fields["WebIdentityToken"]), ("AssumeRoleWithWebIdentity", "a.b.c"));
    assert_eq!((&*fields["RoleSessionName"], fields.get("ExternalId")), ("me", None));
    assert!(!made.headers.contains_key("authorization"));
    aws_sts::assume_with_token(&AwsRole::default(), "t").unwrap_err();
}

#[test]
fn stss_answer_is_read() {
    let xml = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n<AssumeRoleResult>\
        <AssumedRoleUser><Arn>arn</Arn></AssumedRoleUser><Credentials>\n  <AccessKeyId>ASIA1</AccessKeyId>\n  \
        <SecretAccessKey>a&amp;b/c</SecretAccessKey>\n  <SessionToken>tok&lt;en</SessionToken>\n  \
        <Expiration>2026-11-21T11:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
    let token = aws_sts::answer(xml.as_bytes()).unwrap();
    let value = CredentialValue::Aws(keys("ASIA1", "a&b/c", Some("tok<en")));
    assert_eq!(token, Token { value, expires_at: Some(NOW + 3_600_000_000) });
    let without = xml.replace("SessionToken", "Other");
    for text in ["", "<Credentials></Credentials>", "<Credentials>", &without] {
        aws_sts::answer(text.as_bytes()).unwrap_err();
    }
}

#[test]
fn the_metadata_service_is_asked_in_three_steps() {
    let session = aws_hosts::instance_session(None).unwrap();
    assert_eq!((session.method.as_str(), &*session.url), ("PUT", "http://169.254.169.254/latest/api/token"));
    assert!(session.is_local && session.headers.contains_key("x-aws-ec2-metadata-token-ttl-seconds"));
    let roles = aws_hosts::instance_role(Some("http://h:1/"), b"sess", None).unwrap();
    assert_eq!(roles.url, "http://h:1/latest/meta-data/iam/security-credentials/");
    assert_eq!(roles.headers["x-aws-ec2-metadata-token"], "sess");
    let one = aws_hosts::instance_role(Some("http://h:1"), b"sess", Some(b"my-role\n")).unwrap();
    assert_eq!(one.url, "http://h:1/latest/meta-data/iam/security-credentials/my-role");
    aws_hosts::instance_role(None, b"", None).unwrap_err();
    aws_hosts::instance_role(None, b"sess", Some(b"a b")).unwrap_err();
    let body = br#"{"Code":"Success","AccessKeyId":"ASIA","SecretAccessKey":"s","Token":"t","Expiration":"2026-11-21T11:00:00Z"}"#;
    let token = aws_hosts::answer(body).unwrap();
    assert_eq!(token.value, CredentialValue::Aws(keys("ASIA", "s", Some("t"))));
    assert_eq!(token.expires_at, Some(NOW + 3_600_000_000));
    aws_hosts::answer(br#"{"Code":"Failed"}"#).unwrap_err();
}

#[test]
fn a_container_is_asked_at_near_hosts_or_with_tls_only() {
    let token = Secret::new("Bearer x\n".to_owned());
    let near = aws_hosts::container_request("http://169.254.170.23/v1/credentials", Some(&token)).unwrap();
    assert!(near.is_local && near.headers["authorization"] == "Bearer x");
    for url in ["http://localhost:1/x", "http://127.0.0.1/x", "http://169.254.170.2/v2/x", "http://[::1]:5/x"]
    {
        assert!(aws_hosts::container_request(url, None).unwrap().is_local, "{url}");
    }
    assert!(!aws_hosts::container_request("https://h.example/x", None).unwrap().is_local);
    for url in ["http://h.example/x", "http://169.254.169.254/latest", "nothing", ""] {
        aws_hosts::container_request(url, None).unwrap_err();
    }
}

const CONFIG: &str = "\
[default]
region = us-east-1
# a comment
[profile base]
aws_access_key_id = AKBASE ; a remark
aws_secret_access_key=s/base=
[profile  deep]
role_arn = arn:aws:iam::1:role/deep
source_profile = base
external_id = ext
s3 =
  role_arn = nested
[profile web]
role_arn = arn:aws:iam::1:role/web
web_identity_token_file = /tok
[profile ec2]
role_arn = arn:aws:iam::1:role/ec2
credential_source = Ec2InstanceMetadata
[profile a]
role_arn = arn:aws:iam::1:role/a
source_profile = b
[profile b]
role_arn = arn:aws:iam::1:role/b
source_profile = a
[profile signs-in]
sso_session = x
[profile runs]
credential_process = /bin/thing
[profile half]
aws_access_key_id = AK
";
const CREDENTIALS: &str =
    "[default]\naws_access_key_id = AKDEF\naws_secret_access_key = sd\naws_session_token = td\n";

fn resolved(name: &str) -> Result<AwsSource, String> {
    let sts = AwsRole { region: "us-east-1".into(), ..AwsRole::default() };
    let files = Files { config: CONFIG, credentials: CREDENTIALS };
    resolve(name, files, &sts).map_err(|error| error.to_string())
}

#[test]
fn profiles_are_followed_to_what_they_are_made_of() {
    assert_eq!(resolved("default"), Ok(AwsSource::Fixed(keys("AKDEF", "sd", Some("td")))));
    assert_eq!(resolved("base"), Ok(AwsSource::Fixed(keys("AKBASE", "s/base=", None))));
    let Ok(AwsSource::Role { base, role }) = resolved("deep") else { panic!("{:?}", resolved("deep")) };
    assert_eq!(*base, AwsSource::Fixed(keys("AKBASE", "s/base=", None)));
    assert_eq!((&*role.arn, role.external_id.as_deref()), ("arn:aws:iam::1:role/deep", Some("ext")));
    assert_eq!(&*role.region, "us-east-1");
    assert!(
        matches!(resolved("web"), Ok(AwsSource::WebIdentity { token_file: Some(file), .. }) if &*file == "/tok")
    );
    assert!(
        matches!(resolved("ec2"), Ok(AwsSource::Role { base, .. }) if *base == AwsSource::Instance { endpoint: None })
    );
}

#[test]
fn profiles_of_no_use_say_why() {
    let cases = [
        ("nobody", "in neither"),
        ("a", "circle"),
        ("signs-in", "SSO"),
        ("runs", "runs a program"),
        ("half", "no access key"),
    ];
    for (name, words) in cases {
        let error = resolved(name).unwrap_err();
        assert!(error.contains(words) && error.contains(name), "{error}");
    }
}
