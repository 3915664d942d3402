//! No file: providers from the environment, and the demo.

use crate::{Compiled, ConfigErrors, Settings, compile, fake_catalog, load};
use gw_model::catalog::{AuthScheme, ProviderKind};
use std::collections::BTreeMap;

fn start(pairs: &[(&str, &str)], demo: bool) -> Result<Compiled, ConfigErrors> {
    let env: BTreeMap<String, String> =
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let settings = Settings::from_environment(&env, &fake_catalog::fake()).with_demo(demo);
    compile(&settings, fake_catalog::catalog(), 1)
}

#[test]
fn every_provider_with_a_key_is_on() {
    let compiled = start(
        &[
            ("OPENAI_API_KEY", " sk-1\n"),
            ("ANTHROPIC_API_KEY", "  "),
            ("GROQ_KEY", "g"),
            ("HOMELESS_API_KEY", "x"),
            ("OTHER", "y"),
        ],
        false,
    )
    .expect("compiles");
    let providers = &compiled.snapshot.providers;
    let names: Vec<&str> = providers.keys().map(AsRef::as_ref).collect();
    assert_eq!(names, ["groq", "openai"], "blank keys and providers without an address are left out");
    assert_eq!(providers["openai"].api_key.as_ref().map(gw_model::Secret::expose), Some("sk-1"));
    assert_eq!(compiled.server.listen.to_string(), "127.0.0.1:4000");
    assert!(
        compiled.snapshot.direct_models && compiled.snapshot.models.is_empty() && compiled.keys.is_empty()
    );
    assert_eq!(compiled.warnings, []);
}

#[test]
fn a_base_url_takes_its_parts_from_the_environment_too() {
    let keys = [("RENTED_API_KEY", "k"), ("CLOUDY_API_KEY", "k")];
    let without = start(&keys, false).expect("compiles");
    assert!(without.snapshot.providers.is_empty(), "they are off without what their URLs need");
    let with = start(&[keys[0], keys[1], ("CLOUDY_ACCOUNT", " https://acme ")], false).expect("compiles");
    let providers = &with.snapshot.providers;
    assert_eq!(&*providers["rented"].base_url, "https://acme.rented.example/v1");
    assert!(!providers.contains_key("cloudy"), "no region is known");
    let moved = start(&[keys[0], ("RENTED_BASE_URL", "http://h/v1")], false).expect("compiles");
    assert_eq!(&*moved.snapshot.providers["rented"].base_url, "http://h/v1");
}

#[test]
fn base_urls_of_the_sdks_are_respected() {
    let compiled = start(
        &[
            ("OPENAI_API_KEY", "k"),
            ("OPENAI_BASE_URL", "http://127.0.0.1:9999/v1/"),
            ("HOMELESS_API_KEY", "x"),
            ("HOMELESS_BASE_URL", "http://h/v1"),
        ],
        false,
    )
    .expect("compiles");
    assert_eq!(&*compiled.snapshot.providers["openai"].base_url, "http://127.0.0.1:9999/v1");
    assert_eq!(&*compiled.snapshot.providers["homeless"].base_url, "http://h/v1");
    let wrong =
        start(&[("OPENAI_API_KEY", "k"), ("OPENAI_BASE_URL", "nonsense")], false).err().expect("refused");
    assert_eq!(wrong.to_string(), "environment: 'base_url' must begin with https:// or http://");
    let itself = [("OPENAI_API_KEY", "k"), ("OPENAI_BASE_URL", "http://localhost:4000/v1")];
    assert_eq!(
        start(&itself, false).err().expect("refused").to_string(),
        "environment: provider 'openai' is at Gatewright's own address (127.0.0.1:4000), so it would call itself: \
         correct its base URL"
    );
}

#[test]
fn bedrock_takes_the_variables_of_the_aws_sdks() {
    let keys = [("AWS_ACCESS_KEY_ID", "AK"), ("AWS_SECRET_ACCESS_KEY", " top\n"), ("AWS_SESSION_TOKEN", "t")];
    assert!(start(&keys, false).expect("compiles").snapshot.providers.is_empty(), "no region, no place");
    let with = |more: &[(&'static str, &'static str)]| {
        start(&[&keys[..], more].concat(), false).expect("compiles").snapshot.providers["bedrock"].clone()
    };
    let signed = with(&[("AWS_REGION", "us-west-2"), ("AWS_DEFAULT_REGION", "x")]);
    assert_eq!(&*signed.base_url, "https://bedrock-runtime.us-west-2.amazonaws.com");
    let aws = signed.aws.as_ref().expect("signed");
    assert_eq!((&*aws.access_key_id, aws.secret_access_key.expose()), ("AK", "top"));
    let token = with(&[("AWS_DEFAULT_REGION", "us-west-2"), ("AWS_BEARER_TOKEN_BEDROCK", "b")]);
    assert!(token.aws.is_none() && token.api_key.is_some());
}

#[test]
fn listening_elsewhere_is_taken_into_account() {
    let env: BTreeMap<String, String> =
        [("OPENAI_API_KEY", "k"), ("OPENAI_BASE_URL", "http://localhost:4000/v1")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into();
    let elsewhere = "127.0.0.1:5000".parse().ok();
    let settings = Settings::from_environment(&env, &fake_catalog::fake()).with_listen(elsewhere);
    let compiled = compile(&settings, fake_catalog::catalog(), 1).expect("compiles");
    assert_eq!(Some(compiled.server.listen), elsewhere);
}

#[test]
fn the_demo_needs_nothing() {
    let compiled = start(&[], true).expect("compiles");
    let demo = &compiled.snapshot.providers["demo"];
    assert_eq!((demo.kind, &demo.auth), (ProviderKind::Emulator, &AuthScheme::None));
    assert!(demo.api_key.is_none());
    assert_eq!((&*demo.price_key, &*demo.base_url), ("demo", "http://emulator.invalid"));
    assert_eq!(compiled.warnings, []);
    let nothing = start(&[], false).expect("compiles");
    assert_eq!(
        nothing.warnings[0].to_string(),
        "environment: warning: there is no provider, so no model can be called"
    );
}

#[test]
fn the_demo_beside_a_file() {
    let read = |text| {
        let env = BTreeMap::from([("OPENAI_API_KEY".to_owned(), "k".to_owned())]);
        load(crate::Source { name: "f.yaml", text }, &env).expect("reads").with_demo(true)
    };
    let with_file = compile(&read("listen: 127.0.0.1:1\n"), fake_catalog::catalog(), 1).expect("compiles");
    let names: Vec<&str> = with_file.snapshot.providers.keys().map(AsRef::as_ref).collect();
    assert_eq!(names, ["demo"], "a file's providers are all there are; the environment adds none");
    let both = compile(&read("providers: { demo: { kind: emulator } }\n"), fake_catalog::catalog(), 1);
    assert_eq!(
        both.err().expect("refused").to_string(),
        "f.yaml: --demo adds a provider 'demo', and the file has one too: rename that, or leave --demo out"
    );
}
