//! Every pair of colours that a brand makes, measured: what is asked for, what is shown instead, and what would do.

use super::{Branding, BrandingError, Colour, DARK, LIGHT, TEXT_CONTRAST, readable_on};

/// One pair of colours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ContrastPair {
    /// Which.
    pub pair: Pair,
    /// What is in front, as it was asked for.
    pub foreground: Colour,
    /// What is behind.
    pub background: Colour,
    /// Their contrast ratio, from 1 to 21.
    pub ratio: f64,
    /// The colour that stands in for the one that was asked for: what pages show where the brand is accepted, and the proposal
    /// where it is refused. None when the pair is good as it is.
    pub instead: Option<Colour>,
    /// Whether pages show that colour by themselves. Else the brand is refused until it is changed.
    pub corrected: bool,
}

/// The pairs that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pair {
    /// Links on white surfaces, light.
    LinkOnSurface,
    /// Links on the bare page, light.
    LinkOnPage,
    /// The text of buttons, light.
    ButtonText,
    /// Text on the bare page, light.
    TextOnPage,
    /// The pale text of the footer on the bare page, light.
    FooterOnPage,
    /// Links on surfaces, dark.
    DarkLinkOnSurface,
    /// The text of buttons, dark.
    DarkButtonText,
}

impl Pair {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::LinkOnSurface,
        Self::LinkOnPage,
        Self::ButtonText,
        Self::TextOnPage,
        Self::FooterOnPage,
        Self::DarkLinkOnSurface,
        Self::DarkButtonText,
    ];
}

impl ContrastPair {
    /// Whether text can be read so (WCAG 2.2, success criterion 1.4.3).
    pub fn passes(&self) -> bool {
        self.ratio >= TEXT_CONTRAST
    }
}

/// Measures a brand before it is checked, so that one that is refused can be explained too.
pub fn contrasts(primary: Colour, background_tint: Option<Colour>) -> Vec<ContrastPair> {
    let page = background_tint.unwrap_or(LIGHT.page);
    let (fit_page, _) = Branding::fit_page(page);
    let (fit_light, _) = Branding::fit_light(primary, fit_page);
    let fit_dark = Branding::fit_dark(primary);
    let moved = |given: Colour, fit: Colour| (given != fit).then_some(fit);
    let accepted = Branding::new("-", primary, background_tint, None).is_ok();
    Pair::ALL
        .into_iter()
        .map(|pair| {
            let (foreground, background, instead) = match pair {
                Pair::LinkOnSurface => (primary, LIGHT.surface, moved(primary, fit_light)),
                Pair::LinkOnPage => (primary, page, moved(primary, fit_light)),
                Pair::ButtonText => {
                    let text = readable_on(primary, LIGHT.surface, LIGHT.ink);
                    (text, primary, moved(primary, fit_light))
                }
                Pair::TextOnPage => (LIGHT.ink, page, moved(page, fit_page)),
                Pair::FooterOnPage => (LIGHT.muted, page, moved(page, fit_page)),
                Pair::DarkLinkOnSurface => (primary, DARK.surface, moved(primary, fit_dark)),
                Pair::DarkButtonText => (
                    readable_on(primary, DARK.page, DARK.ink),
                    primary,
                    moved(primary, fit_dark),
                ),
            };
            let ratio = foreground.contrast(background);
            ContrastPair {
                pair,
                foreground,
                background,
                ratio,
                instead: instead.filter(|_| ratio < TEXT_CONTRAST),
                // For dark pages a colour is always moved until it can be read; nobody is asked for another.
                corrected: accepted || matches!(pair, Pair::DarkLinkOnSurface | Pair::DarkButtonText),
            }
        })
        .collect()
}

/// The colours nearest to these that are accepted, to show what they would look like.
pub fn nearest(primary: Colour, background_tint: Option<Colour>) -> (Colour, Option<Colour>) {
    let mut colours = (primary, background_tint);
    // Each refusal names what would do, and there are two that it can name.
    for _ in 0..2 {
        match Branding::new("-", colours.0, colours.1, None) {
            Err(BrandingError::PrimaryTooPale { suggestion, .. }) => colours.0 = suggestion,
            Err(BrandingError::TintTooDark { suggestion, .. }) => colours.1 = Some(suggestion),
            Ok(_) | Err(BrandingError::Name) => break,
        }
    }
    colours
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn colour(text: &str) -> Colour {
        text.parse().unwrap()
    }

    fn pair(pairs: &[ContrastPair], wanted: Pair) -> ContrastPair {
        *pairs.iter().find(|found| found.pair == wanted).unwrap()
    }

    #[test]
    fn a_dark_blue_passes_on_light_pages_and_is_lightened_on_dark_ones() {
        let pairs = contrasts(colour("#0b5fa5"), None);
        for light in [
            Pair::LinkOnSurface,
            Pair::LinkOnPage,
            Pair::ButtonText,
            Pair::TextOnPage,
            Pair::FooterOnPage,
        ] {
            let found = pair(&pairs, light);
            assert!(found.passes() && found.instead.is_none(), "{found:?}");
        }
        let dark = pair(&pairs, Pair::DarkLinkOnSurface);
        let shown = dark.instead.unwrap();
        assert!(
            dark.corrected,
            "nobody has to choose another colour for dark pages: {dark:?}"
        );
        assert!(
            !dark.passes() && shown.contrast(DARK.surface) >= TEXT_CONTRAST,
            "{dark:?}"
        );
    }

    #[test]
    fn a_yellow_fails_with_a_proposal_that_is_accepted() {
        let found = pair(&contrasts(colour("#ffd23f"), None), Pair::LinkOnSurface);
        assert!(found.ratio < 2.0, "{found:?}");
        assert!(Branding::new("x", found.instead.unwrap(), None, None).is_ok());
    }

    #[test]
    fn only_a_brand_that_is_accepted_is_corrected_on_light_pages_and_dark_ones_always_are() {
        let (white, yellow) = (colour("#ffffff"), colour("#ffd23f"));
        for asked in [white, yellow] {
            let accepted = Branding::new("x", asked, None, None).is_ok();
            let pairs = contrasts(asked, None);
            assert_eq!(pair(&pairs, Pair::LinkOnSurface).corrected, accepted, "{asked}");
            assert!(pair(&pairs, Pair::DarkLinkOnSurface).corrected);
        }
        assert!(
            Branding::new("x", white, None, None).is_err(),
            "else this shows nothing"
        );
    }

    proptest! {
        #[test]
        fn whatever_is_asked_for_the_nearest_colours_are_accepted(primary: [u8; 3], tint: Option<[u8; 3]>) {
            let colour = |[red, green, blue]: [u8; 3]| Colour::new(red, green, blue);
            let (primary, tint) = nearest(colour(primary), tint.map(colour));
            prop_assert!(Branding::new("x", primary, tint, None).is_ok());
        }
    }
}
