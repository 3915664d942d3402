//! Writes JSON by hand, in order, without building values. Serves the writers of requests, answers and
//! errors. It must not be used to produce text that is not JSON: values written raw have been checked.

use super::string::escape_into;

/// A JSON text under construction. Commas are set by themselves.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    out: Vec<u8>,
}

impl Writer {
    /// An empty text with room for `bytes`.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self { out: Vec::with_capacity(bytes) }
    }

    /// Goes on behind what `out` holds.
    #[must_use]
    pub const fn onto(out: Vec<u8>) -> Self {
        Self { out }
    }

    /// The text.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// Opens an object, as an element or after [`Writer::key`].
    pub fn begin_object(&mut self) {
        self.separate();
        self.out.push(b'{');
    }

    /// Closes an object.
    pub fn end_object(&mut self) {
        self.out.push(b'}');
    }

    /// Opens an array, as an element or after [`Writer::key`].
    pub fn begin_array(&mut self) {
        self.separate();
        self.out.push(b'[');
    }

    /// Closes an array.
    pub fn end_array(&mut self) {
        self.out.push(b']');
    }

    /// A member's name; its value follows.
    pub fn key(&mut self, name: &str) {
        self.string(name);
        self.out.push(b':');
    }

    /// A string.
    pub fn string(&mut self, text: &str) {
        self.separate();
        self.out.push(b'"');
        escape_into(&mut self.out, text);
        self.out.push(b'"');
    }

    /// A whole number.
    pub fn number(&mut self, number: impl itoa::Integer) {
        self.separate();
        self.out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, value: bool) {
        self.raw(if value { "true" } else { "false" });
    }

    /// `null`.
    pub fn null(&mut self) {
        self.raw("null");
    }

    /// A value that is JSON text already.
    pub fn raw(&mut self, json: &str) {
        self.separate();
        self.out.extend_from_slice(json.as_bytes());
    }

    /// A member that is a string.
    pub fn string_member(&mut self, name: &str, text: &str) {
        self.key(name);
        self.string(text);
    }

    /// A member that is a whole number.
    pub fn number_member(&mut self, name: &str, number: impl itoa::Integer) {
        self.key(name);
        self.number(number);
    }

    /// A member whose value is a number, written as short as it reads back the same; what is none becomes 0.
    pub fn float_member(&mut self, name: &str, number: f64) {
        let number = serde_json::Number::from_f64(number);
        self.raw_member(name, &number.map_or_else(|| "0".to_owned(), |number| number.to_string()));
    }

    /// A member that is `true` or `false`.
    pub fn bool_member(&mut self, name: &str, value: bool) {
        self.key(name);
        self.boolean(value);
    }

    /// A member that is `null`.
    pub fn null_member(&mut self, name: &str) {
        self.key(name);
        self.null();
    }

    /// A member whose value is JSON text already.
    pub fn raw_member(&mut self, name: &str, json: &str) {
        self.key(name);
        self.raw(json);
    }

    /// Sets a comma unless an opening bracket, a colon or nothing stands before.
    fn separate(&mut self) {
        if !matches!(self.out.last(), None | Some(b'{' | b'[' | b':' | b' ' | b'\n')) {
            self.out.push(b',');
        }
    }
}
