//! Recovery codes: sixteen letters and digits that stand in for a second factor once.

use crate::kernel::id::AccountId;
use crate::kernel::{Entropy, Secret, Sha256Hash, entropy};

/// How many are made at a time.
pub const COUNT: usize = 10;
/// Letters that nobody mistakes for another: 32 of them, so each is five bits. Sixteen make 80 bits, more than the 64 below
/// which a look-up secret would have to be hashed slowly (NIST SP 800-63B, look-up secrets).
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
const LENGTH: usize = 16;

/// Draws a set of codes, as they are shown.
pub fn generate(source: &dyn Entropy) -> Vec<Secret<String>> {
    (0..COUNT).map(|_| one(source)).collect()
}

fn one(source: &dyn Entropy) -> Secret<String> {
    let bytes = entropy::bytes::<LENGTH>(source);
    let mut text = String::with_capacity(LENGTH + 3);
    for (index, byte) in bytes.iter().enumerate() {
        if index > 0 && index % 4 == 0 {
            text.push('-');
        }
        let letter = ALPHABET.get(usize::from(byte % 32)).copied().unwrap_or(b'a');
        text.push(char::from(letter));
    }
    Secret::new(text)
}

/// The hash under which a presented code would be stored; `None` when it cannot be one. Case, spaces and hyphens do not
/// matter.
pub fn recognise(account: AccountId, presented: &str) -> Option<Sha256Hash> {
    let plain: String = presented
        .chars()
        .filter(|letter| !letter.is_whitespace() && *letter != '-')
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    let well_formed = plain.len() == LENGTH && plain.bytes().all(|byte| ALPHABET.contains(&byte));
    well_formed.then(|| Sha256Hash::of(format!("{account} {plain}").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{SeededEntropy, Timestamp};
    use std::collections::HashSet;

    fn account(seed: u64) -> AccountId {
        AccountId::new(Timestamp::from_seconds(1), &SeededEntropy::new(seed))
    }

    #[test]
    fn codes_are_different_and_recognised_however_they_are_typed() {
        let codes = generate(&SeededEntropy::new(1));
        let hashes: HashSet<_> = codes
            .iter()
            .map(|code| recognise(account(1), code.expose()).unwrap())
            .collect();
        assert_eq!(hashes.len(), COUNT);
        let typed = codes[0].expose().to_uppercase().replace('-', " ");
        assert_eq!(recognise(account(1), &typed), recognise(account(1), codes[0].expose()));
    }

    #[test]
    fn the_same_code_of_another_account_has_another_hash() {
        let codes = generate(&SeededEntropy::new(1));
        let code = codes[0].expose();
        assert_ne!(recognise(account(1), code), recognise(account(2), code));
    }

    #[test]
    fn what_cannot_be_a_code_is_no_code() {
        for text in [
            "",
            "123456",
            "abcd-efgh-jkmn-pqr",
            "abcd-efgh-jkmn-pqrl",
            "ábcd-efgh-jkmn-pqrs",
        ] {
            assert!(recognise(account(1), text).is_none(), "{text}");
        }
    }
}
