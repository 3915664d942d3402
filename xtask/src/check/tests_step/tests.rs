//! Tests of [`super`]: counts from the runners' own words.
use super::Tally;
use std::time::Duration;

#[test]
fn counts_are_read_from_both_runners() {
    let mut tally = Tally::default();
    tally.read("     Summary [  12.345s] 10 tests run: 7 passed (1 slow), 2 failed, 1 timed out, 4 skipped");
    assert_eq!(tally, Tally { passed: 7, failed: 3, skipped: 4 });
    tally.read("\u{1b}[32;1m     Summary\u{1b}[0m [   0.1s] \u{1b}[1m1\u{1b}[0m tests run: \u{1b}[1m1\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, \u{1b}[1m0\u{1b}[0m skipped");
    assert_eq!(tally, Tally { passed: 8, failed: 3, skipped: 4 });
    tally.read(
        "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.00s",
    );
    assert_eq!(tally, Tally { passed: 13, failed: 3, skipped: 7 });
    tally.read(
        "test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0s",
    );
    assert_eq!(tally, Tally { passed: 14, failed: 4, skipped: 7 });
    tally.read("a line that says 5 passed, 3 failed");
    assert_eq!(tally, Tally { passed: 14, failed: 4, skipped: 7 });
    assert_eq!(
        tally.summary(Duration::from_millis(61_500)).trim(),
        "Summary [  61.500s] 18 tests run: 14 passed, 4 failed, 7 skipped"
    );
}
