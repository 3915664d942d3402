//! Structures in Thrift's compact protocol, as far as Parquet needs them: written, never read.

const TRUE: u8 = 1;
const I32: u8 = 5;
const I64: u8 = 6;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

/// One structure; fields in growing order of their numbers.
#[derive(Debug, Default)]
pub(super) struct Struct {
    bytes: Vec<u8>,
    last: u8,
}

impl Struct {
    pub(super) fn yes(&mut self, field: u8) -> &mut Self {
        self.field(field, TRUE);
        self
    }

    pub(super) fn i32(&mut self, field: u8, value: i32) -> &mut Self {
        self.field(field, I32);
        zigzag(&mut self.bytes, value.into());
        self
    }

    pub(super) fn i64(&mut self, field: u8, value: i64) -> &mut Self {
        self.field(field, I64);
        zigzag(&mut self.bytes, value);
        self
    }

    pub(super) fn text(&mut self, field: u8, text: &str) -> &mut Self {
        self.field(field, BINARY);
        binary(&mut self.bytes, text);
        self
    }

    pub(super) fn structure(&mut self, field: u8, value: Self) -> &mut Self {
        self.field(field, STRUCT);
        self.bytes.extend_from_slice(&value.ended());
        self
    }

    pub(super) fn structs(&mut self, field: u8, values: Vec<Self>) -> &mut Self {
        self.list(field, STRUCT, values.len());
        values.into_iter().for_each(|value| self.bytes.extend_from_slice(&value.ended()));
        self
    }

    pub(super) fn i32s(&mut self, field: u8, values: &[i32]) -> &mut Self {
        self.list(field, I32, values.len());
        values.iter().for_each(|value| zigzag(&mut self.bytes, (*value).into()));
        self
    }

    pub(super) fn texts(&mut self, field: u8, values: &[&str]) -> &mut Self {
        self.list(field, BINARY, values.len());
        values.iter().for_each(|value| binary(&mut self.bytes, value));
        self
    }

    /// Its bytes.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        std::mem::take(self).ended()
    }

    fn ended(mut self) -> Vec<u8> {
        self.bytes.push(0);
        self.bytes
    }

    fn field(&mut self, field: u8, kind: u8) {
        // Numbers grow by less than sixteen in every structure of Parquet.
        self.bytes.push(field.saturating_sub(self.last) << 4 | kind);
        self.last = field;
    }

    fn list(&mut self, field: u8, kind: u8, count: usize) {
        self.field(field, LIST);
        match u8::try_from(count) {
            Ok(count @ 0..=14) => self.bytes.push(count << 4 | kind),
            _ => {
                self.bytes.push(0xf0 | kind);
                varint(&mut self.bytes, count as u64);
            }
        }
    }
}

fn binary(to: &mut Vec<u8>, text: &str) {
    varint(to, text.len() as u64);
    to.extend_from_slice(text.as_bytes());
}

fn zigzag(to: &mut Vec<u8>, value: i64) {
    varint(to, (value << 1 ^ value >> 63).cast_unsigned());
}

/// Seven bits to a byte, the lowest first.
pub(super) fn varint(to: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        to.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}
