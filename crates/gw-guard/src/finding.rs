//! What a check finds. Serves every check. It must not hold the text that was found.

/// A piece of a text, and why it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What it is: `email`, `aws_access_key`, `pattern`.
    pub kind: &'static str,
    /// How sure that is, in percent.
    pub score: u8,
    /// Why, in a few words; never a part of the text.
    pub reason: &'static str,
}

impl Finding {
    /// A finding of which nothing is in doubt.
    #[must_use]
    pub const fn sure(start: usize, end: usize, kind: &'static str, reason: &'static str) -> Self {
        Self { start, end, kind, score: 100, reason }
    }
}

/// Sorts findings, and of those that overlap keeps the surest, then the longest, then the first.
pub(crate) fn settle(findings: &mut Vec<Finding>) {
    if findings.len() < 2 {
        return;
    }
    findings.sort_by_key(|f| (f.start, f.end));
    let mut kept: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in findings.drain(..) {
        match kept.last_mut() {
            Some(last) if finding.start < last.end => {
                let rank = |f: &Finding| (f.score, f.end - f.start);
                if rank(&finding) > rank(last) {
                    *last = finding;
                }
            }
            _ => kept.push(finding),
        }
    }
    *findings = kept;
}
