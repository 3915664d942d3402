//! A JSON object that is written member by member, with values from serde. Serves the writers of requests.

use serde::Serialize;

/// See the module. The closing brace is the writer's to add.
pub(crate) struct Growing<'o> {
    /// What is written so far.
    pub(crate) out: Vec<u8>,
    /// Members that go by another name at the target: from, to.
    pub(crate) rename: &'o [(String, String)],
}

impl Growing<'_> {
    /// Adds a member under the name that the target knows it by.
    pub(crate) fn member<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) {
        let name = self.rename.iter().find(|(from, _)| from == name).map_or(name, |(_, to)| to);
        self.out.push(if self.out.is_empty() { b'{' } else { b',' });
        // Writing into memory cannot fail.
        let _ = serde_json::to_writer(&mut self.out, name);
        self.out.push(b':');
        let _ = serde_json::to_writer(&mut self.out, value);
    }
}
