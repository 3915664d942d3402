//! What an item of a dataset is: a request in a wire format, what is expected or was answered, and what somebody says of it.

use super::DatasetsError;
use crate::app::state::App;
use gw_model::{Micros, RequestId, WireFormat, time};
use gw_store::StoreError;
use gw_store::keys::random;
use gw_store::types::{DatasetId, ItemId, StoredItem};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Most bytes of an item, as JSON.
const MAX_BYTES: usize = 1 << 20;

/// As it is sealed. Members are added, never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Content {
    /// The wire format of the request.
    pub(crate) format: String,
    pub(crate) request: Value,
    /// What a good answer says.
    #[serde(default)]
    pub(crate) expected: Option<String>,
    /// What was answered, as the caller got it.
    #[serde(default)]
    pub(crate) answer: Option<String>,
    #[serde(default)]
    pub(crate) metadata: Map<String, Value>,
    /// Personal data and credentials were masked when it was kept.
    #[serde(default)]
    pub(crate) masked: bool,
}

/// An item, opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) id: ItemId,
    pub(crate) source: Option<RequestId>,
    pub(crate) created_at: Micros,
    pub(crate) updated_at: Micros,
    pub(crate) content: Content,
}

/// What is said of an item; what is not stays as it is. Items that were exported can be brought back: what only the gateway says
/// of them is passed over.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemInput {
    pub(crate) format: Option<String>,
    pub(crate) request: Option<Value>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) expected: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) answer: Option<Option<String>>,
    pub(crate) metadata: Option<Map<String, Value>>,
    pub(crate) masked: Option<bool>,
    /// Which one is to be changed; of no meaning where one is added.
    pub(crate) id: Option<String>,
    #[serde(rename = "source_request_id")]
    _source: Option<Value>,
    #[serde(rename = "created_at")]
    _created_at: Option<Value>,
    #[serde(rename = "updated_at")]
    _updated_at: Option<Value>,
}

/// A text or null, which is something else than nothing.
fn given<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(from).map(Some)
}

impl ItemInput {
    /// What the item is then, given what it is. Errors: it is none.
    pub(super) fn onto(self, is: Option<Content>) -> Result<Content, DatasetsError> {
        let wrong = |field, why: &str| DatasetsError::Item { field, why: why.to_owned() };
        let mut content = match is {
            Some(content) => content,
            None => Content {
                format: WireFormat::OpenAiChat.as_str().to_owned(),
                request: Value::Null,
                expected: None,
                answer: None,
                metadata: Map::new(),
                masked: false,
            },
        };
        if let Some(format) = self.format {
            content.format = format;
        }
        if let Some(request) = self.request {
            content.request = request;
        }
        content.expected = self.expected.unwrap_or(content.expected);
        content.answer = self.answer.unwrap_or(content.answer);
        content.metadata = self.metadata.unwrap_or(content.metadata);
        content.masked = self.masked.unwrap_or(content.masked);
        if !is_format(&content.format) {
            return Err(wrong(
                "format",
                "'format' must be a wire format whose requests are JSON, such as 'chat'",
            ));
        }
        if !content.request.is_object() {
            return Err(wrong("request", "'request' must be the JSON object that is sent"));
        }
        Ok(content)
    }
}

/// Can a request of that format be kept, and made again?
pub(super) fn is_format(name: &str) -> bool {
    use WireFormat as F;
    let format = WireFormat::ALL.iter().find(|format| format.as_str() == name);
    format.is_some_and(|format| {
        !format.takes_form()
            && !matches!(format, F::Passthrough | F::OpenAiFiles | F::OpenAiBatches | F::OpenAiRealtime)
    })
}

impl Content {
    /// Sealed, as an item of that id. Errors: it is too large, or cannot be sealed.
    pub(super) fn stored(
        &self,
        app: &App,
        dataset: DatasetId,
        (id, source): (ItemId, Option<RequestId>),
        (created_at, updated_at): (Micros, Micros),
    ) -> Result<StoredItem, DatasetsError> {
        let text = json!(self).to_string();
        if text.len() > MAX_BYTES {
            let why = format!("an item has at most {MAX_BYTES} bytes");
            return Err(DatasetsError::Item { field: "request", why });
        }
        let sealed = app.storage.item_sealer.seal(dataset, id, &text)?;
        Ok(StoredItem { id, source, created_at, updated_at, sealed })
    }
}

impl Item {
    /// Opens what is stored.
    pub(super) fn open(app: &App, dataset: DatasetId, stored: StoredItem) -> Result<Self, StoreError> {
        let StoredItem { id, source, created_at, updated_at, sealed } = stored;
        let text = app.storage.item_sealer.open(dataset, id, &sealed)?;
        let content =
            serde_json::from_str(&text).map_err(|_| StoreError::Damaged { what: "an item of a dataset" })?;
        Ok(Self { id, source, created_at, updated_at, content })
    }
}

/// An item as it is shown and exported.
pub(crate) fn shown(item: &Item) -> Value {
    let mut shown = json!(item.content);
    shown["id"] = item.id.to_string().into();
    shown["source_request_id"] = item.source.map(|source| source.to_string()).into();
    shown["created_at"] = time::format(item.created_at).into();
    shown["updated_at"] = time::format(item.updated_at).into();
    shown
}

/// Ids in the order in which they are taken, behind those of before.
pub(super) struct NewIds(u128);

impl NewIds {
    pub(super) const fn next(&mut self) -> ItemId {
        self.0 += 1;
        ItemId(self.0)
    }
}

/// Ids of items that are added now.
pub(super) fn new_ids(now: Micros) -> Result<NewIds, StoreError> {
    let first = RequestId::new(now, u128::from_be_bytes(random()?)).0;
    // Room for as many as are added at once, which differ in their last digits.
    Ok(NewIds(first & !0xFFFF))
}
