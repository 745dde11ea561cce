//! Colours and the contrast between them (WCAG 2.2, definitions of "relative luminance" and "contrast ratio").

use std::fmt;
use std::str::FromStr;

/// In how many steps a colour is moved towards black or white.
pub(super) const STEPS: u16 = 64;

/// An opaque sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

/// The text is not a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a colour is written #rrggbb, with six hexadecimal digits")]
pub struct NotAColour;

impl Colour {
    /// White.
    pub const WHITE: Self = Self::new(255, 255, 255);
    /// Black.
    pub const BLACK: Self = Self::new(0, 0, 0);

    /// The colour of three channels.
    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// Relative luminance, from 0 (black) to 1 (white).
    pub fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.040_45 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }

    /// The contrast ratio of two colours, from 1 (none) to 21 (black on white). The order does not matter.
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// The first colour on the way to black that satisfies `enough`, and how many of [`STEPS`] it took.
    pub(super) fn darkened_until(self, enough: impl Fn(Self) -> bool) -> (Self, u16) {
        self.moved_until(Self::BLACK, enough)
    }

    /// The first colour on the way to white that satisfies `enough`, and how many of [`STEPS`] it took.
    pub(super) fn lightened_until(self, enough: impl Fn(Self) -> bool) -> (Self, u16) {
        self.moved_until(Self::WHITE, enough)
    }

    fn moved_until(self, target: Self, enough: impl Fn(Self) -> bool) -> (Self, u16) {
        (0..=STEPS)
            .map(|step| (self.mixed(target, step), step))
            .find(|(colour, _)| enough(*colour))
            .unwrap_or((target, STEPS))
    }

    /// `step` of [`STEPS`] parts of `other` in this colour; the hue stays.
    fn mixed(self, other: Self, step: u16) -> Self {
        let mix = |from: u8, to: u8| {
            let sum = u16::from(from) * (STEPS - step) + u16::from(to) * step;
            u8::try_from(sum / STEPS).unwrap_or(u8::MAX)
        };
        Self::new(
            mix(self.red, other.red),
            mix(self.green, other.green),
            mix(self.blue, other.blue),
        )
    }
}

impl FromStr for Colour {
    type Err = NotAColour;

    fn from_str(text: &str) -> Result<Self, NotAColour> {
        let digits = text.strip_prefix('#').ok_or(NotAColour)?;
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(NotAColour);
        }
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).map_err(|_| NotAColour)?.to_be_bytes();
        Ok(Self { red, green, blue })
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}
