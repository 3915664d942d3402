//! Formats and names of media. Serves the request reader and writer. It must not guess what Bedrock would
//! refuse.

/// Media types of documents and Bedrock's formats.
const DOCUMENTS: &[(&str, &str)] = &[
    ("application/pdf", "pdf"),
    ("text/csv", "csv"),
    ("application/msword", "doc"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    ("application/vnd.ms-excel", "xls"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ("text/html", "html"),
    ("text/plain", "txt"),
    ("text/markdown", "md"),
];

/// Bedrock's limit on a document's name.
const MAX_NAME_CHARS: usize = 200;

/// The media type of a document's format.
pub(super) fn media_type(format: &str) -> &'static str {
    let known = DOCUMENTS.iter().find(|(_, known)| *known == format);
    known.map_or("application/octet-stream", |(media_type, _)| media_type)
}

/// Bedrock's format of a document, by its media type, or else by its name's ending.
pub(super) fn document_format(media_type: &str, title: Option<&str>) -> Option<&'static str> {
    let plain = media_type.split(';').next().unwrap_or_default().trim();
    if let Some((_, format)) = DOCUMENTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(plain)) {
        return Some(format);
    }
    let ending =
        title.and_then(|title| title.rsplit_once('.')).map(|(_, ending)| ending.to_ascii_lowercase());
    let by_name = ending.and_then(|ending| DOCUMENTS.iter().find(|(_, format)| *format == ending));
    match by_name {
        Some((_, format)) => Some(format),
        None if plain.starts_with("text/") || plain == "application/json" => Some("txt"),
        None => None,
    }
}

/// Bedrock's format of an image.
pub(super) fn image_format(media_type: &str) -> Option<&'static str> {
    match media_type.split(';').next().unwrap_or_default().trim() {
        "image/png" => Some("png"),
        // A common misspelling.
        "image/jpeg" | "image/jpg" => Some("jpeg"),
        "image/gif" => Some("gif"),
        "image/webp" => Some("webp"),
        _ => None,
    }
}

/// The names that documents of one request have: each once.
#[derive(Debug, Default)]
pub(super) struct Names(Vec<String>);

impl Names {
    /// The name for a document: letters, digits, single spaces, hyphens, parentheses and brackets are allowed,
    /// and no ending.
    pub(super) fn name(&mut self, title: Option<&str>, format: &str) -> String {
        let title = title.unwrap_or_default();
        let stem = title.rsplit_once('.').filter(|(_, ending)| ending.eq_ignore_ascii_case(format));
        let mut name = String::new();
        for character in stem.map_or(title, |(stem, _)| stem).chars() {
            let character = match character {
                c if c.is_ascii_alphanumeric() => c,
                '-' | '(' | ')' | '[' | ']' => character,
                c if c.is_whitespace() => ' ',
                _ => '-',
            };
            if name.len() >= MAX_NAME_CHARS - 12 {
                break;
            }
            if character != ' ' || !name.ends_with(' ') {
                name.push(character);
            }
        }
        let name = name.trim();
        let name = if name.bytes().any(|b| b.is_ascii_alphanumeric()) { name } else { "document" };
        let mut unique = name.to_owned();
        let mut count = 1_u32;
        while self.0.contains(&unique) {
            count += 1;
            unique = format!("{name} {count}");
        }
        self.0.push(unique.clone());
        unique
    }
}
