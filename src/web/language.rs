//! The languages of the pages, how one is chosen, and the catalogue macro that makes a missing string a compile error.

/// A language in which every page is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// English, also the answer to a language that is not spoken here.
    #[default]
    English,
    /// Spanish.
    Spanish,
}

impl Language {
    /// Every language, in the order of the language switch.
    pub const ALL: [Self; 2] = [Self::English, Self::Spanish];

    /// The BCP 47 tag, for the `lang` attribute and `Content-Language`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
        }
    }

    /// The writing direction, for the `dir` attribute.
    pub const fn dir(self) -> &'static str {
        match self {
            Self::English | Self::Spanish => "ltr",
        }
    }

    /// The language's name in itself.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Spanish => "Español",
        }
    }

    /// The language of a BCP 47 tag such as `es-MX`, compared by its primary subtag without regard to case.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// Chooses the language of a page: the app's `ui_locales` first (OpenID Connect Core section 3.1.2.1: space-separated
    /// tags in order of preference, none of them an error), then the browser's `Accept-Language` (RFC 9110 section 12.5.4),
    /// then English.
    pub fn negotiate(ui_locales: Option<&str>, accept_language: Option<&str>) -> Self {
        ui_locales
            .and_then(|tags| tags.split_ascii_whitespace().find_map(Self::from_tag))
            .or_else(|| accept_language.and_then(Self::from_accept_language))
            .unwrap_or_default()
    }

    fn from_accept_language(header: &str) -> Option<Self> {
        let mut best: Option<(u16, Self)> = None;
        for range in header.split(',') {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let Some(quality) = quality(parameters.trim()) else {
                continue;
            };
            let tag = tag.trim();
            let language = if tag == "*" {
                Some(Self::default())
            } else {
                Self::from_tag(tag)
            };
            // Only a strictly higher weight displaces an earlier range: equal weights keep the browser's order.
            if let Some(language) = language
                && quality > best.map_or(0, |(quality, _)| quality)
            {
                best = Some((quality, language));
            }
        }
        best.map(|(_, language)| language)
    }
}

/// A weight in thousandths (RFC 9110 section 12.4.2); absent means 1, anything malformed is `None`.
fn quality(parameters: &str) -> Option<u16> {
    if parameters.is_empty() {
        return Some(1000);
    }
    let value = parameters
        .strip_prefix("q=")
        .or_else(|| parameters.strip_prefix("Q="))?;
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match whole {
        "0" => format!("{fraction:0<3}").parse().ok(),
        "1" if fraction.bytes().all(|byte| byte == b'0') => Some(1000),
        _ => None,
    }
}

/// Declares a catalogue: one method per string, each written in every language.
///
/// `key { "English" "Español" }` gives `fn key(self) -> &'static str`; `key(name: &str) { "… {name}" "… {name}" }` gives a
/// `String`. A string that lacks a language does not match the macro, and one that no page uses is dead code: both fail the build.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident {
        $( $key:ident $( ( $($arg:ident : $ty:ty),+ ) )? { $english:literal $spanish:literal } )+
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy)]
        pub(in crate::web) struct $name(pub(in crate::web) crate::web::Language);

        impl $name {
            $( crate::web::language::words!(@string $key $( ( $($arg : $ty),+ ) )? { $english $spanish }); )+
        }
    };
    (@string $key:ident { $english:literal $spanish:literal }) => {
        pub(in crate::web) const fn $key(self) -> &'static str {
            match self.0 {
                crate::web::Language::English => $english,
                crate::web::Language::Spanish => $spanish,
            }
        }
    };
    (@string $key:ident ( $($arg:ident : $ty:ty),+ ) { $english:literal $spanish:literal }) => {
        pub(in crate::web) fn $key(self, $($arg: $ty),+) -> String {
            match self.0 {
                crate::web::Language::English => format!($english),
                crate::web::Language::Spanish => format!($spanish),
            }
        }
    };
}
pub(crate) use words;

#[cfg(test)]
mod tests {
    use super::Language::{self, English, Spanish};

    #[test]
    fn the_apps_ui_locales_win_over_the_browser() {
        assert_eq!(Language::negotiate(Some("fr es-419 en"), Some("en")), Spanish);
    }

    #[test]
    fn ui_locales_without_a_known_language_leave_the_choice_to_the_browser() {
        assert_eq!(
            Language::negotiate(Some("fr de"), Some("es-ES,es;q=0.9,en;q=0.8")),
            Spanish
        );
    }

    #[test]
    fn accept_language_follows_the_weights_and_then_the_order() {
        assert_eq!(Language::negotiate(None, Some("en;q=0.5, es;q=0.8")), Spanish);
        assert_eq!(Language::negotiate(None, Some("es, en")), Spanish);
        assert_eq!(Language::negotiate(None, Some("en, es")), English);
    }

    #[test]
    fn a_weight_of_zero_excludes_a_language() {
        assert_eq!(Language::negotiate(None, Some("es;q=0, fr")), English);
    }

    #[test]
    fn malformed_ranges_are_skipped() {
        assert_eq!(Language::negotiate(None, Some(";;,en;q=2,es;q=0.1")), Spanish);
        assert_eq!(Language::negotiate(None, Some("es;q=0.12345")), English);
    }

    #[test]
    fn without_a_known_language_pages_are_english() {
        assert_eq!(Language::negotiate(None, None), English);
        assert_eq!(Language::negotiate(Some(""), Some("zh-Hant")), English);
    }
}
