//! Time-based one-time passwords (RFC 6238) with the parameters that every authenticator app knows: SHA-1, six digits, 30
//! seconds.

use crate::kernel::{Entropy, Secret, Timestamp, entropy};
use aws_lc_rs::{constant_time, hmac};
use url::form_urlencoded::byte_serialize;

/// Seconds of a time step (RFC 6238 section 4.1).
const STEP: i64 = 30;
/// Steps before and after the present one whose codes are accepted (RFC 6238 section 5.2 recommends one at most).
const SKEW: i64 = 1;
/// Digits of a code.
const DIGITS: usize = 6;
/// Bytes of a secret: the length of the hash (RFC 4226 section 4, requirement R6).
const SECRET: usize = 20;

/// Draws a secret.
pub fn generate(source: &dyn Entropy) -> Secret<Vec<u8>> {
    Secret::new(entropy::bytes::<SECRET>(source).to_vec())
}

/// The code of one time step (RFC 4226 section 5.3).
fn code(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = usize::from(bytes.last().copied().unwrap_or_default() & 0x0f);
    let truncated = bytes
        .get(offset..)
        .and_then(<[u8]>::first_chunk::<4>)
        .map_or(0, |four| u32::from_be_bytes(*four) & 0x7fff_ffff);
    format!("{:06}", truncated % 1_000_000)
}

/// The time step whose code `presented` is: the present one, the one before or the one after. Whether a code of that step was
/// used before is the store's to decide.
pub fn matching_step(secret: &Secret<Vec<u8>>, presented: &str, now: Timestamp) -> Option<i64> {
    let digits: String = presented.chars().filter(|letter| !letter.is_whitespace()).collect();
    if digits.len() != DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let present = now.seconds().div_euclid(STEP);
    // Every step is compared, so that the time taken does not tell which one it was.
    (present - SKEW..=present + SKEW).fold(None, |found, step| {
        let same =
            constant_time::verify_slices_are_equal(code(secret.expose(), step).as_bytes(), digits.as_bytes()).is_ok();
        if same { Some(step) } else { found }
    })
}

/// The secret as people type it: base32 without padding (RFC 4648 section 6).
pub fn to_text(secret: &Secret<Vec<u8>>) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::new();
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    let mut push = |value: u32| {
        let letter = usize::try_from(value & 31).ok().and_then(|index| ALPHABET.get(index));
        text.extend(letter.map(|letter| char::from(*letter)));
    };
    for byte in secret.expose() {
        buffer = (buffer << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            push(buffer >> bits);
        }
        buffer &= (1 << bits) - 1;
    }
    if bits > 0 {
        push(buffer << (5 - bits));
    }
    text
}

/// The address that authenticator apps read from a picture.
pub fn address(secret: &Secret<Vec<u8>>, hospital: &str, username: &str) -> String {
    // The label is percent-encoded; a plus would be shown as one.
    let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    let (hospital, username) = (encode(hospital), encode(username));
    format!(
        "otpauth://totp/{hospital}:{username}?secret={}&issuer={hospital}&algorithm=SHA1&digits=6&period=30",
        to_text(secret)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Secret<Vec<u8>> {
        Secret::new(b"12345678901234567890".to_vec())
    }

    #[test]
    fn codes_are_those_of_rfc_6238_appendix_b() {
        // The appendix prints eight digits; the last six are the same.
        for (seconds, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(secret().expose(), seconds / 30), expected, "{seconds}");
        }
    }

    #[test]
    fn one_step_of_skew_either_way_is_accepted_and_no_more() {
        let at = |seconds| matching_step(&secret(), "005924", Timestamp::from_seconds(seconds));
        let step = 1_234_567_890 / 30;
        let begin = step * 30;
        for seconds in [begin - 30, begin, begin + 29, begin + 59] {
            assert_eq!(at(seconds), Some(step), "{seconds}");
        }
        for seconds in [begin - 31, begin + 60] {
            assert_eq!(at(seconds), None, "{seconds}");
        }
    }

    #[test]
    fn a_code_may_be_typed_with_a_space_and_nothing_else() {
        let now = Timestamp::from_seconds(59);
        assert!(matching_step(&secret(), " 287 082 ", now).is_some());
        for bad in ["", "28708", "2870820", "28708a", "２８７０８２"] {
            assert_eq!(matching_step(&secret(), bad, now), None, "{bad}");
        }
    }

    #[test]
    fn the_text_form_is_that_of_rfc_4648() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(to_text(&Secret::new(bytes.as_bytes().to_vec())), text);
        }
    }

    #[test]
    fn the_address_escapes_names() {
        let address = address(&secret(), "St. Mary & Söhne", "ada:x?");
        assert!(
            address.starts_with("otpauth://totp/St.%20Mary%20%26%20S%C3%B6hne:ada%3Ax%3F?secret=GEZD"),
            "{address}"
        );
        assert!(url::Url::parse(&address).is_ok());
    }
}
