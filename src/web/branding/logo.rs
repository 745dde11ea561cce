//! A tenant's logo: small, a PNG or an SVG, and passive.

/// The largest logo, in bytes.
pub const MAX_LOGO_BYTES: usize = 64 * 1024;
/// The longest edge of a PNG, in pixels. A few kilobytes of PNG can unpack to gigabytes.
const MAX_EDGE: u32 = 2048;

/// A checked image.
#[derive(Clone, PartialEq, Eq)]
pub struct Logo {
    bytes: Vec<u8>,
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Png,
    Svg,
}

/// Why an image is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogoError {
    /// More than 64 KiB.
    #[error("the logo has {0} bytes; at most 65536 are allowed")]
    TooLarge(usize),
    /// Neither of the two formats.
    #[error("the logo must be a PNG or an SVG file")]
    UnknownFormat,
    /// A PNG with too many pixels, or none.
    #[error("the logo must be between 1 and 2048 pixels wide and high")]
    Dimensions,
    /// An SVG with something in it that is not a drawing.
    #[error("the SVG logo contains {0}; export it as a plain drawing without scripts, links or embedded files")]
    ActiveContent(&'static str),
}

/// What a drawing does not need. A browser shows the logo through `<img>`, where none of this works, and the file itself is
/// served in a sandbox; refusing it here as well keeps surprises out of the database.
const REFUSED_IN_SVG: [(&str, &str); 9] = [
    ("<script", "a script"),
    ("<foreignobject", "a foreign object"),
    ("<iframe", "a frame"),
    ("<image", "an embedded image"),
    ("<!entity", "an entity declaration"),
    ("<!doctype", "a document type declaration"),
    ("<?xml-stylesheet", "a style sheet reference"),
    ("javascript:", "a script address"),
    ("@import", "a style sheet import"),
];

impl Logo {
    /// Checks an uploaded file. The format is read from the content, never from a name or a declared type.
    pub fn check(bytes: Vec<u8>) -> Result<Self, LogoError> {
        if bytes.len() > MAX_LOGO_BYTES {
            return Err(LogoError::TooLarge(bytes.len()));
        }
        let format = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            check_png(&bytes)?;
            Format::Png
        } else {
            check_svg(&bytes)?;
            Format::Svg
        };
        Ok(Self { bytes, format })
    }

    /// The file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its media type.
    pub const fn content_type(&self) -> &'static str {
        match self.format {
            Format::Png => "image/png",
            Format::Svg => "image/svg+xml",
        }
    }
}

impl std::fmt::Debug for Logo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Logo({:?}, {} bytes)", self.format, self.bytes.len())
    }
}

/// The IHDR chunk comes first and begins with width and height (PNG, Third Edition, section 11.2.1).
fn check_png(bytes: &[u8]) -> Result<(), LogoError> {
    let header = bytes.get(12..24).ok_or(LogoError::UnknownFormat)?;
    let [b'I', b'H', b'D', b'R', w0, w1, w2, w3, h0, h1, h2, h3] = *header else {
        return Err(LogoError::UnknownFormat);
    };
    let allowed = 1..=MAX_EDGE;
    let (width, height) = (
        u32::from_be_bytes([w0, w1, w2, w3]),
        u32::from_be_bytes([h0, h1, h2, h3]),
    );
    if allowed.contains(&width) && allowed.contains(&height) {
        Ok(())
    } else {
        Err(LogoError::Dimensions)
    }
}

fn check_svg(bytes: &[u8]) -> Result<(), LogoError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| LogoError::UnknownFormat)?
        .to_ascii_lowercase();
    let start = text.trim_start_matches('\u{feff}').trim_start();
    if !(start.starts_with("<svg") || start.starts_with("<?xml") || start.starts_with("<!--")) || !text.contains("<svg")
    {
        return Err(LogoError::UnknownFormat);
    }
    if let Some((_, what)) = REFUSED_IN_SVG.into_iter().find(|(needle, _)| text.contains(needle)) {
        return Err(LogoError::ActiveContent(what));
    }
    if has_event_attribute(&text) {
        return Err(LogoError::ActiveContent("an event handler"));
    }
    Ok(())
}

/// Whether an attribute such as `onload=` occurs; `text` is in lower case.
fn has_event_attribute(text: &str) -> bool {
    let mut pieces: Vec<_> = text.split('=').collect();
    pieces.pop();
    pieces.into_iter().any(|before| {
        let name = before.trim_end();
        let letters = name.bytes().rev().take_while(u8::is_ascii_lowercase).count();
        let (_, name) = name.split_at(name.len() - letters);
        name.len() > 2 && name.starts_with("on")
    })
}
