//! Name, logo and colours.

use super::changes::undo_offer;
use super::*;

impl Collection {
    pub(super) fn add_console_branding(&mut self) {
        use crate::web::branding::contrasts;
        for (name, primary, tint) in [
            ("saved", "#0b5fa5", ""),
            ("pale", "#ffd23f", "#101010"),
            ("no_colours", "blue", "x"),
        ] {
            let colour = |text: &str| text.parse().ok();
            let members = [
                "display_name",
                "primary_colour",
                "background_tint",
                "logo",
                "privacy_url",
                "branding",
            ];
            let faults = members.map(|member| FieldFault {
                member: member.to_owned(),
                problem: self
                    .flavour
                    .of("a colour is written #rrggbb, with six hexadecimal digits")
                    .to_owned(),
            });
            let page = ConsoleBranding {
                frame: frame(self, Section::Branding),
                csrf: csrf("branding"),
                action: at("/branding"),
                previews: PreviewPage::ALL.map(|page| (page, at(&format!("/branding/preview/{}", page.as_str())))),
                preview: at("/branding/preview/sign-in?primary=%230b5fa5&tint="),
                history: at("/changes?kind=settings"),
                version: "v1".to_owned(),
                values: BrandingValues {
                    display_name: self.flavour.of("Northfield General Hospital").to_owned(),
                    primary: primary.to_owned(),
                    tint: tint.to_owned(),
                    help_contact: self.flavour.of("helpdesk@northfield.example").to_owned(),
                    privacy_url: "https://northfield.example/privacy".to_owned(),
                    remove_logo: name == "pale",
                },
                logo: Some(Href::local("/northfield/auth/look/1/logo")),
                logo_draft: (name == "pale").then(|| "AAAA".to_owned()),
                contrast: colour(primary).map(|primary| {
                    let pairs = contrasts(primary, colour(tint));
                    pairs.into_iter().map(ContrastRow::of).collect()
                }),
                faults: if name == "saved" { Vec::new() } else { faults.to_vec() },
                saved: name == "saved",
                undone: name == "pale",
                undo: (name == "saved").then(undo_offer),
            };
            self.add(&format!("console_branding-{name}"), &page);
        }
    }
}
