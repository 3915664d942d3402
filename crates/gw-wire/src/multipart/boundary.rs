//! The boundary that a content type names. Serves readers and writers of forms. It must take no boundary that
//! another reader would take otherwise.

/// Longest boundary (RFC 2046).
const MAX_BOUNDARY_BYTES: usize = 70;

/// What separates the parts of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boundary {
    /// With its two dashes in front.
    delimiter: Vec<u8>,
}

impl Boundary {
    /// Reads a `multipart/form-data` content type. `None` when it is another type, or has no boundary, two, or one
    /// of characters that none may have.
    #[must_use]
    pub fn of(content_type: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(content_type).ok()?;
        let (kind, parameters) = text.split_once(';')?;
        if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
            return None;
        }
        let mut found = None;
        // Characters that end a parameter cannot stand in a boundary, quoted or not.
        for parameter in parameters.split(';') {
            let Some((name, value)) = parameter.split_once('=') else { continue };
            if !name.trim().eq_ignore_ascii_case("boundary") {
                continue;
            }
            let value = value.trim();
            let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
            if found.replace(quoted.unwrap_or(value)).is_some() {
                return None;
            }
        }
        let name = found.filter(|name| is_boundary(name))?;
        Some(Self { delimiter: [b"--", name.as_bytes()].concat() })
    }

    /// Two dashes and the boundary.
    #[must_use]
    pub fn delimiter(&self) -> &[u8] {
        &self.delimiter
    }
}

/// Is it the content type of a form, with a boundary or without?
#[must_use]
pub fn is_form(content_type: &[u8]) -> bool {
    let kind = content_type.split(|byte| *byte == b';').next().unwrap_or_default();
    kind.trim_ascii().eq_ignore_ascii_case(b"multipart/form-data")
}

/// RFC 2046's characters without those that would end a parameter; no blank, since it could not stand at the end.
fn is_boundary(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=?".contains(&byte);
    (1..=MAX_BOUNDARY_BYTES).contains(&name.len()) && name.bytes().all(is_plain)
}
