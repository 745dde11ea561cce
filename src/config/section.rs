//! Declaring settings once: type, default and documentation together.

/// One setting, for the reference.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The key within its section.
    pub key: &'static str,
    /// The type, in words.
    pub kind: &'static str,
    /// The default.
    pub default: Option<toml::Value>,
    /// What it does.
    pub documentation: &'static [&'static str],
}

/// Declares a section as a struct with defaults, and the list of its settings.
macro_rules! section {
    ($(#[doc = $about:literal])+ $name:ident as $table:literal {
        $($(#[doc = $doc:literal])+ $key:ident: $type:ty as $kind:literal = $default:expr;)+
    }) => {
        $(#[doc = $about])+
        // No Debug: a database URL may hold a password.
        #[derive(Clone, serde::Deserialize, serde::Serialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $($(#[doc = $doc])+ pub $key: $type,)+
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($key: $default,)+ }
            }
        }

        impl $name {
            /// The table in the file.
            pub const TABLE: &'static str = $table;
            /// What the section is for.
            pub const ABOUT: &'static [&'static str] = &[$($about,)+];

            /// Every setting with its documentation.
            pub fn settings() -> Vec<$crate::config::section::Setting> {
                let default = toml::Value::try_from(Self::default()).unwrap_or(toml::Value::Boolean(false));
                vec![$($crate::config::section::Setting {
                    key: stringify!($key),
                    kind: $kind,
                    default: default.get(stringify!($key)).cloned(),
                    documentation: &[$($doc,)+],
                },)+]
            }
        }
    };
}
pub(super) use section;
