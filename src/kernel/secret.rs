//! Values that must not leak through a log line, an error or a dump.

use aws_lc_rs::constant_time;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A secret value: no `Debug`, no `Display`, no `Serialize`, overwritten when dropped, compared in constant time.
///
/// Reading it takes a call to [`Secret::expose`], so that every place where a secret leaves its wrapper can be found.
#[derive(Clone, ZeroizeOnDrop)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Wraps `value`.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Do not log, print or store the result.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize + AsRef<[u8]>> Secret<T> {
    /// Compares in time that depends on the lengths only.
    pub fn ct_eq(&self, other: &[u8]) -> bool {
        constant_time::verify_slices_are_equal(self.0.as_ref(), other).is_ok()
    }
}

impl<'de, T: Zeroize + serde::Deserialize<'de>> serde::Deserialize<'de> for Secret<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_needs_every_byte_and_the_same_length() {
        let secret = Secret::new(String::from("correct horse"));
        assert!(secret.ct_eq(b"correct horse"));
        assert!(!secret.ct_eq(b"correct hors"));
        assert!(!secret.ct_eq(b"correct horsf"));
    }
}
