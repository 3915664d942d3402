//! Names of functions in namespaces. The intermediate form has one flat list of functions, so a function's
//! name there is its namespace and its name in one. Serves the request reader and the writers of answers. It
//! must not keep state: the same function has the same flat name in every call of a conversation.

use std::borrow::Cow;

/// Between a namespace and a name.
const SEPARATOR: &str = "__";

/// The flat name.
pub(super) fn flat<'a>(namespace: Option<&str>, name: &'a str) -> Cow<'a, str> {
    match namespace.filter(|namespace| !namespace.is_empty()) {
        None => Cow::Borrowed(name),
        // Some clients end their namespaces in the separator, for it to be used as a prefix.
        Some(namespace) if namespace.ends_with(SEPARATOR) => Cow::Owned(format!("{namespace}{name}")),
        Some(namespace) => Cow::Owned(format!("{namespace}{SEPARATOR}{name}")),
    }
}
