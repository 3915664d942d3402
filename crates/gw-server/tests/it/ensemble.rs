//! Answers made of several.
