//! Request parameters of a form body or a query string, as ordered pairs.
//!
//! The decoder is strict where a browser's is forgiving: a broken percent-escape or text that is not UTF-8 is refused
//! instead of repaired, because a repaired `redirect_uri` or secret would be another one than the client sent.

use super::error::OAuthError;
use std::fmt;
use thiserror::Error;
use url::form_urlencoded;

/// Most parameters one request may carry.
pub const COUNT_LIMIT: usize = 64;
/// Most fields of a form that a page of ours sent: consent has one for each kind of data.
pub const FIELD_LIMIT: usize = 1024;
/// Longest value in bytes, except for the parameters of [`value_limit`].
pub const VALUE_LIMIT: usize = 4 * 1024;
/// Longest value in bytes of parameters that hold documents or lists.
pub const LONG_VALUE_LIMIT: usize = 16 * 1024;
/// Longest parameter name in bytes.
pub const NAME_LIMIT: usize = 128;

/// The longest value, in bytes, that parameter `name` may have.
pub fn value_limit(name: &str) -> usize {
    match name {
        "request"
        | "claims"
        | "scope"
        | "authorization_details"
        | "client_assertion"
        | "assertion"
        | "id_token_hint" => LONG_VALUE_LIMIT,
        _ => VALUE_LIMIT,
    }
}

/// Why a body or query string cannot be read as parameters.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum InvalidParameters {
    /// More than [`COUNT_LIMIT`] parameters, or [`FIELD_LIMIT`] fields.
    #[error("The request has too many parameters.")]
    TooMany,
    /// A name longer than [`NAME_LIMIT`].
    #[error("A parameter name is longer than {NAME_LIMIT} bytes.")]
    NameTooLong,
    /// A value longer than its limit.
    #[error("The value of parameter {name} is longer than {limit} bytes.")]
    ValueTooLong {
        /// The parameter.
        name: String,
        /// Its limit in bytes.
        limit: usize,
    },
    /// A name or value cannot be decoded.
    #[error("A parameter is not valid application/x-www-form-urlencoded text: {0}.")]
    Malformed(#[from] MalformedText),
}

/// Why a text is not valid `application/x-www-form-urlencoded`.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum MalformedText {
    /// `%` without two hexadecimal digits.
    #[error("a percent sign is not followed by two hexadecimal digits")]
    PercentEscape,
    /// The decoded bytes are not UTF-8.
    #[error("the decoded bytes are not UTF-8")]
    NotUtf8,
    /// U+0000, which no parameter needs and not every store can hold.
    #[error("it contains a zero byte")]
    ZeroByte,
}

/// A parameter that must occur once occurs more often (RFC 6749 section 3.1 and 3.2).
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("Parameter {name} is repeated. Send it once.")]
pub struct Repeated {
    /// The parameter.
    pub name: String,
}

impl InvalidParameters {
    /// The stable short name of the check.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::TooMany => "parameters_too_many",
            Self::NameTooLong => "parameter_name_too_long",
            Self::ValueTooLong { .. } => "parameter_value_too_long",
            Self::Malformed(_) => "parameters_malformed",
        }
    }
}

impl From<InvalidParameters> for OAuthError {
    fn from(cause: InvalidParameters) -> Self {
        Self::invalid_request(cause.reason(), cause.to_string())
    }
}

impl From<Repeated> for OAuthError {
    fn from(cause: Repeated) -> Self {
        Self::invalid_request("parameter_repeated", cause.to_string())
    }
}

/// Decodes one name or value of `application/x-www-form-urlencoded`: `+` is a space, `%XX` a byte.
pub fn decode(text: &[u8]) -> Result<String, MalformedText> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(&byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || {
                    rest.next()
                        .and_then(|&b| char::from(b).to_digit(16))
                        .and_then(|d| u8::try_from(d).ok())
                };
                match (digit(), digit()) {
                    (Some(high), Some(low)) => high << 4 | low,
                    _ => return Err(MalformedText::PercentEscape),
                }
            }
            other => other,
        });
    }
    if bytes.contains(&0) {
        return Err(MalformedText::ZeroByte);
    }
    String::from_utf8(bytes).map_err(|_| MalformedText::NotUtf8)
}

/// The parameters of one request, in the order sent. `Debug` shows the names only: values may be secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads an `application/x-www-form-urlencoded` body.
    pub fn parse_form(body: &[u8]) -> Result<Self, InvalidParameters> {
        Self::parse(body, COUNT_LIMIT)
    }

    /// Reads the form of a page, which may have more fields than a request of a client.
    pub fn parse_page_form(body: &[u8]) -> Result<Self, InvalidParameters> {
        Self::parse(body, FIELD_LIMIT)
    }

    fn parse(body: &[u8], most: usize) -> Result<Self, InvalidParameters> {
        let mut pairs = Vec::new();
        for part in body.split(|&byte| byte == b'&').filter(|part| !part.is_empty()) {
            if pairs.len() == most {
                return Err(InvalidParameters::TooMany);
            }
            let mut halves = part.splitn(2, |&byte| byte == b'=');
            let name = decode(halves.next().unwrap_or_default())?;
            if name.len() > NAME_LIMIT {
                return Err(InvalidParameters::NameTooLong);
            }
            let value = decode(halves.next().unwrap_or_default())?;
            let limit = value_limit(&name);
            if value.len() > limit {
                return Err(InvalidParameters::ValueTooLong { name, limit });
            }
            pairs.push((name, value));
        }
        Ok(Self(pairs))
    }

    /// Reads a query string, without its question mark.
    pub fn parse_query(query: &str) -> Result<Self, InvalidParameters> {
        Self::parse_form(query.as_bytes())
    }

    /// The value of `name`; an empty value counts as absent (RFC 6749 section 3.1).
    pub fn one(&self, name: &str) -> Result<Option<&str>, Repeated> {
        let mut found = self
            .0
            .iter()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.as_str());
        let first = found.next();
        if found.next().is_some() {
            return Err(Repeated { name: name.to_owned() });
        }
        Ok(first.filter(|value| !value.is_empty()))
    }

    /// The value of `name`, which has to be there.
    pub fn required(&self, name: &str) -> Result<&str, OAuthError> {
        self.one(name)?
            .ok_or_else(|| OAuthError::invalid_request("parameter_missing", format!("Parameter {name} is missing.")))
    }

    /// Every non-empty value of `name`, for the few parameters that may repeat (RFC 8707 section 2, RFC 8693 section 2.1).
    pub fn many<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// Whether `name` occurs with a value.
    pub fn contains(&self, name: &str) -> bool {
        self.many(name).next().is_some()
    }

    /// Refuses any repeated parameter other than those in `except` (RFC 6749 section 3.1).
    pub fn check_no_repeats(&self, except: &[&str]) -> Result<(), Repeated> {
        let mut seen = std::collections::HashSet::new();
        for (name, _) in &self.0 {
            if !seen.insert(name.as_str()) && !except.contains(&name.as_str()) {
                return Err(Repeated { name: name.clone() });
            }
        }
        Ok(())
    }

    /// All pairs in the order sent.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The same parameters as `application/x-www-form-urlencoded` text. Do not log it.
    pub fn encode(&self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.0)
            .finish()
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Parameters {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn form(text: &str) -> Parameters {
        Parameters::parse_form(text.as_bytes()).unwrap()
    }

    #[test]
    fn an_empty_value_is_absent() {
        let parameters = form("state=&scope&a=1");
        assert_eq!(parameters.one("state"), Ok(None));
        assert_eq!(parameters.one("scope"), Ok(None));
        assert!(!parameters.contains("state"));
    }

    #[test]
    fn a_repeated_parameter_is_refused_by_name() {
        let parameters = form("state=a&state=b");
        assert_eq!(parameters.one("state"), Err(Repeated { name: "state".into() }));
        assert_eq!(
            OAuthError::from(parameters.one("state").unwrap_err()).reason,
            "parameter_repeated"
        );
    }

    #[test]
    fn a_repetition_is_seen_even_when_one_value_is_empty_or_the_name_is_escaped() {
        assert!(form("state=a&state=").one("state").is_err());
        assert!(form("state=a&st%61te=b").one("state").is_err());
    }

    #[test]
    fn resource_may_repeat_and_nothing_else() {
        let parameters = form("resource=a&resource=b&x=1");
        assert_eq!(parameters.many("resource").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(parameters.check_no_repeats(&["resource"]), Ok(()));
        assert_eq!(
            parameters.check_no_repeats(&[]),
            Err(Repeated {
                name: "resource".into()
            })
        );
    }

    #[test]
    fn plus_is_a_space_and_escapes_are_bytes() {
        assert_eq!(
            form("scope=openid+fhirUser%20x%2By").one("scope"),
            Ok(Some("openid fhirUser x+y"))
        );
    }

    #[test]
    fn broken_escapes_bytes_and_zero_bytes_are_refused() {
        for (text, cause) in [
            ("a=%", MalformedText::PercentEscape),
            ("a=%4", MalformedText::PercentEscape),
            ("a=%zz", MalformedText::PercentEscape),
            ("a=%+1", MalformedText::PercentEscape),
            ("a=%ff", MalformedText::NotUtf8),
            ("%C3=a", MalformedText::NotUtf8),
            ("a=%00", MalformedText::ZeroByte),
        ] {
            assert_eq!(
                Parameters::parse_query(text),
                Err(InvalidParameters::Malformed(cause)),
                "{text}"
            );
        }
    }

    #[test]
    fn the_65th_parameter_is_refused() {
        let many = |count: usize| vec!["a=1"; count].join("&");
        assert!(Parameters::parse_query(&many(COUNT_LIMIT)).is_ok());
        assert_eq!(
            Parameters::parse_query(&many(COUNT_LIMIT + 1)),
            Err(InvalidParameters::TooMany)
        );
    }

    #[test]
    fn each_value_has_the_limit_of_its_parameter() {
        for name in ["state", "scope"] {
            let limit = value_limit(name);
            assert!(Parameters::parse_query(&format!("{name}={}", "x".repeat(limit))).is_ok());
            let error = Parameters::parse_query(&format!("{name}={}", "x".repeat(limit + 1))).unwrap_err();
            assert_eq!(
                error,
                InvalidParameters::ValueTooLong {
                    name: name.into(),
                    limit
                }
            );
            assert!(error.to_string().contains(&limit.to_string()));
        }
    }

    #[test]
    fn debug_output_shows_no_values() {
        assert_eq!(format!("{:?}", form("client_secret=hunter2")), r#"{"client_secret"}"#);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..512)) {
            let _ = Parameters::parse_form(&body);
        }

        #[test]
        fn encoding_round_trips(pairs in proptest::collection::vec(("[a-z_]{1,8}", "[^\u{0}]{0,32}"), 0..8)) {
            let parameters: Parameters = pairs.into_iter().collect();
            prop_assert_eq!(Parameters::parse_query(&parameters.encode()), Ok(parameters));
        }
    }
}
