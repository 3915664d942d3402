//! Pairs are read from both formats, and faults name their line.

use super::{Pair, csv, json_lines};

fn pair(line: usize, a: &str, b: &str, same: bool) -> Pair {
    Pair { line, a: a.to_owned(), b: b.to_owned(), same }
}

#[test]
fn both_formats_are_read() {
    let text = "{\"a\":\"x\",\"b\":\"y\",\"same\":true}\n\n{\"b\":\"y\",\"a\":\"z\",\"same\":0}\n";
    assert_eq!(json_lines(text).unwrap(), [pair(1, "x", "y", true), pair(3, "z", "y", false)]);
    let text = "same,a,b\r\n1,\"x, \"\"y\"\"\",z\r\nno,\"two\nlines\",q\n\n0,u,v";
    let wanted =
        [pair(2, "x, \"y\"", "z", true), pair(3, "two\nlines", "q", false), pair(6, "u", "v", false)];
    assert_eq!(csv(text).unwrap(), wanted);
}

#[test]
fn faults_name_their_line() {
    assert_eq!(json_lines("{\"a\":\"x\",\"b\":\"y\",\"same\":2}").unwrap_err().0, 1);
    assert_eq!(json_lines("{\"a\":\"x\",\"b\":\"y\",\"same\":true}\n{\"a\":1}").unwrap_err().0, 2);
    assert!(csv("a,b\nx,y").unwrap_err().1.contains("'same'"));
    assert_eq!(csv("a,b,same\nx,y,1\nx,y").unwrap_err(), (3, "has too few columns".to_owned()));
    assert_eq!(csv("a,b,same\nx,y,maybe").unwrap_err().0, 2);
    assert_eq!(csv("a,b,same\nx,\"y,1").unwrap_err(), (2, "a quote is not closed".to_owned()));
}
