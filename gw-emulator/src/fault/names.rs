//! The one list of fault names with their default values and meaning: the parser, the error message
//! for unknown names and the documentation test read it. It must not know how a fault is played.

/// A fault's name, the value it has when none is given, and what it does.
#[derive(Debug, Clone, Copy)]
pub struct FaultName {
    /// The name in a model name, a header or a standing fault.
    pub name: &'static str,
    /// Value when none is given; `None` means that a value is required. Flags have an empty one.
    pub default: Option<&'static str>,
    /// Unit and meaning in one line.
    pub meaning: &'static str,
}

const fn flag(name: &'static str, meaning: &'static str) -> FaultName {
    FaultName { name, default: Some(""), meaning }
}

const fn value(name: &'static str, default: &'static str, meaning: &'static str) -> FaultName {
    FaultName { name, default: Some(default), meaning }
}

const fn required(name: &'static str, meaning: &'static str) -> FaultName {
    FaultName { name, default: None, meaning }
}

/// Every fault there is.
pub const FAULT_NAMES: &[FaultName] = &[
    value("latency", "1000", "milliseconds to wait before the response head"),
    value("status", "500", "answer with this status (400 to 599); a bare number such as 429 means the same"),
    flag("quota", "429 as an account without credit gets it, with the code insufficient_quota"),
    value("retry-after", "1", "the retry-after header of an error answer: seconds or an HTTP date"),
    value("flaky", "1", "the first N requests of the same credential and model fail (status, default 503)"),
    flag("hang", "never answer"),
    flag("disconnect", "close the connection without an answer"),
    value("stall", "3", "same as stall-after-frames"),
    value("stall-after-frames", "3", "send N frames, then nothing more; half of a whole answer"),
    value("cut", "3", "same as cut-after-frames"),
    value("cut-after-frames", "3", "send N frames, then break the connection; half of a whole answer"),
    required("cut-after-bytes", "send N bytes of the body, then break the connection"),
    flag("reset", "break with a TCP reset in place of a close"),
    value("error-after-frames", "3", "send N frames, then an error event, then end"),
    value("end-after-frames", "3", "send N frames, then end cleanly without the closing events"),
    flag("malformed-json", "spoil the JSON of the answer, in a stream that of the first content frame"),
    flag("malformed-sse", "spoil the framing of a stream at its first content frame"),
    value("slow-drip", "1", "write the body byte by byte (or chunk-bytes at a time), N milliseconds apart"),
    value("chunk-bytes", "1", "write the body in pieces of N bytes, without a pause but that of slow-drip"),
    value("huge", "8388608", "an answer text of N bytes (at most 268435456), one frame in a stream"),
    value("wrong-usage", "tenfold", "report false usage: tenfold, zero, negative or text"),
    flag("no-usage", "report no usage"),
    value("frame-delay", "10", "milliseconds between the frames of a stream"),
    value("frames", "50", "number of content frames in a stream (at most 1000000)"),
    value("output-tokens", "100", "number of tokens in the answer's text (at most 2000000)"),
    flag("ignore-max-tokens", "do not keep to the request's token bound"),
    value("reasoning-tokens", "64", "reasoning tokens to report and bill, all formats but Anthropic"),
    value("cached-tokens", "64", "cached input tokens to report, all formats but Anthropic"),
    required("text", "the answer's text, percent-encoded"),
    required("finish", "the finish or stop reason to report"),
    flag("preface", "a sentence of text before tool calls"),
    flag("no-calls", "text, whatever tools there are"),
    flag("crlf", "end the lines of a stream with CR LF"),
    flag("comments", "an SSE comment before every frame"),
    required("exchange", "answer with the loaded recorded exchange of this name"),
];

/// The names in one line, for error messages.
pub(crate) fn listed() -> String {
    let names: Vec<&str> = FAULT_NAMES.iter().map(|fault| fault.name).collect();
    names.join(", ")
}
