//! Tests of the Converse codec.
