//! Wardkey.
fn main() {}
