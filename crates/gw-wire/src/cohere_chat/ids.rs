//! Ids of tool calls. The format takes any text for one but wants one. Serves the writers of answers. It must
//! not keep state: the same call has the same id each time it is written.

/// An id for a call that the upstream gave none, unique within a conversation as long as answers' ids are.
pub(crate) fn invent(answer_id: &str, block: u32) -> String {
    format!("call_{answer_id}_{block}")
}
