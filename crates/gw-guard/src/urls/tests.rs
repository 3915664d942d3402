//! Tests of links.

use super::Urls;

fn found(urls: &Urls, text: &str) -> Vec<String> {
    let mut out = Vec::new();
    urls.scan(text.as_bytes(), 0..text.len(), &mut out);
    out.iter().map(|finding| text[finding.start..finding.end].to_owned()).collect()
}

#[test]
fn links_need_no_scheme() {
    let only = Urls::new(&["good.example".into()], &[]);
    for (text, want) in [
        ("see https://bad.example/a.", vec!["https://bad.example/a"]),
        ("see www.bad.example/x, please", vec!["www.bad.example/x"]),
        ("see WWW.Bad.Example", vec!["WWW.Bad.Example"]),
        ("see bad.com/x?y=1", vec!["bad.com/x?y=1"]),
        ("see //bad.com/x", vec!["bad.com/x"]),
        ("at bad.io:8080", vec!["bad.io:8080"]),
        ("(bad.com/x)", vec!["bad.com/x"]),
        ("www.good.example/x and sub.good.example/y", vec![]),
        ("mail jane.doe@bad.com about it", vec![]),
        ("e.g. either/or, v1.2/3, src/main.rs, a.b", vec![]),
        ("bad.com is a host", vec![]),
        ("two bad.com/x then www.bad.org", vec!["bad.com/x", "www.bad.org"]),
    ] {
        assert_eq!(found(&only, text), want, "{text}");
    }
    let not = Urls::new(&[], &["bad.com".into()]);
    for (text, want) in [
        ("go to bad.com", vec!["bad.com"]),
        ("go to www.bad.com/x", vec!["www.bad.com/x"]),
        ("go to sub.bad.com.", vec!["sub.bad.com"]),
        ("go to notbad.com/x or www.other.org/y", vec![]),
    ] {
        assert_eq!(found(&not, text), want, "{text}");
    }
}
