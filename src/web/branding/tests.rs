use super::*;
use axum::http::StatusCode;
use proptest::prelude::*;

fn colour(text: &str) -> Colour {
    text.parse().unwrap()
}

fn near(measured: f64, expected: f64) -> bool {
    (measured - expected).abs() < 0.005
}

fn with_primary(text: &str) -> Result<Branding, BrandingError> {
    Branding::new("North", colour(text), None, None)
}

#[test]
fn contrast_runs_from_1_to_21() {
    assert!(near(Colour::BLACK.contrast(Colour::WHITE), 21.0));
    assert!(near(colour("#336699").contrast(colour("#336699")), 1.0));
}

#[test]
fn contrast_matches_known_ratios() {
    assert!(near(colour("#767676").contrast(Colour::WHITE), 4.54));
    assert!(near(colour("#777777").contrast(Colour::WHITE), 4.48));
    assert!(near(colour("#ff0000").contrast(Colour::WHITE), 4.00));
    assert!(near(colour("#0000ff").contrast(Colour::WHITE), 8.59));
}

#[test]
fn a_colour_is_six_hexadecimal_digits() {
    assert_eq!(colour("#0B5f8a").to_string(), "#0b5f8a");
    for text in ["0b5f8a", "#0b5", "#0b5f8a0", "#0b5f8g", "#+b5f8a", "red", "", "#é5f8a"] {
        assert_eq!(text.parse::<Colour>(), Err(NotAColour), "{text}");
    }
}

#[test]
fn a_dark_enough_colour_stays_as_it_is_on_light_pages() {
    let branding = with_primary("#0b5f8a").unwrap();
    assert!(
        branding
            .stylesheet()
            .starts_with(":root{--brand:#0b5f8a;--on-brand:#ffffff;")
    );
    assert!(
        branding
            .corrections()
            .iter()
            .all(|correction| correction.subject == Subject::PrimaryOnDark)
    );
}

#[test]
fn a_slightly_pale_colour_is_darkened_and_the_correction_reported() {
    let branding = with_primary("#1e90ff").unwrap();
    let correction = branding
        .corrections()
        .iter()
        .find(|one| one.subject == Subject::PrimaryOnLight)
        .unwrap();
    assert_eq!(correction.given, colour("#1e90ff"));
    assert!(correction.used.contrast(Colour::WHITE) >= TEXT_CONTRAST);
}

#[test]
fn a_colour_that_would_become_another_one_is_refused_with_a_suggestion() {
    for pale in ["#ffff00", "#ffffff", "#fff0f5"] {
        let Err(BrandingError::PrimaryTooPale { given, suggestion }) = with_primary(pale) else {
            panic!("{pale} was accepted");
        };
        assert_eq!(given, colour(pale));
        assert!(
            with_primary(&suggestion.to_string()).is_ok(),
            "the suggestion {suggestion} is accepted"
        );
    }
}

#[test]
fn a_dark_tint_is_refused_and_a_light_one_kept() {
    let primary = colour("#0b5f8a");
    assert!(matches!(
        Branding::new("North", primary, Some(colour("#101010")), None),
        Err(BrandingError::TintTooDark { .. })
    ));
    let branding = Branding::new("North", primary, Some(colour("#fdf6ec")), None).unwrap();
    assert!(branding.stylesheet().contains("--page:#fdf6ec"));
}

#[test]
fn a_name_must_be_there_and_fit_on_a_page() {
    for name in ["", "   ", "line\nbreak", &"x".repeat(121)] {
        assert_eq!(
            Branding::new(name, Colour::BLACK, None, None).unwrap_err(),
            BrandingError::Name
        );
    }
}

#[test]
fn the_fixed_colours_are_those_of_the_stylesheet() {
    let css = include_str!("../../../static/wardkey.css");
    let (light, dark) = css.split_once("@media (prefers-color-scheme: dark)").unwrap();
    for (css, scheme) in [(light, &LIGHT), (dark, &DARK)] {
        for (name, value) in [
            ("page", scheme.page),
            ("surface", scheme.surface),
            ("ink", scheme.ink),
            ("muted", scheme.muted),
        ] {
            assert!(css.contains(&format!("--{name}: {value};")), "--{name}: {value}");
        }
    }
}

#[test]
fn the_stylesheets_own_palette_can_be_read_in_both_schemes() {
    let css = include_str!("../../../static/wardkey.css");
    let (light, dark) = css.split_once("@media (prefers-color-scheme: dark)").unwrap();
    for css in [light, dark] {
        let token = |name: &str| {
            let start = format!("--{name}: ");
            let value = css
                .split_once(&start)
                .unwrap_or_else(|| panic!("--{name} is missing"))
                .1;
            colour(value.split_once(';').unwrap().0)
        };
        let text_pairs = [
            ("ink", "page"),
            ("ink", "surface"),
            ("ink", "raised"),
            ("muted", "page"),
            ("muted", "surface"),
            ("muted", "raised"),
            ("brand", "surface"),
            ("brand", "page"),
            ("on-brand", "brand"),
            ("danger", "danger-tint"),
            ("danger", "surface"),
            ("good", "good-tint"),
            ("good", "surface"),
            ("warning", "warning-tint"),
            ("ink", "warning-tint"),
            ("ink", "danger-tint"),
        ];
        for (front, back) in text_pairs {
            let ratio = token(front).contrast(token(back));
            assert!(ratio >= TEXT_CONTRAST, "{front} on {back}: {ratio:.2}");
        }
        for (front, back) in [("control", "surface"), ("control", "page"), ("brand", "raised")] {
            let ratio = token(front).contrast(token(back));
            assert!(ratio >= CONTROL_CONTRAST, "{front} beside {back}: {ratio:.2}");
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_accepted_can_be_read_in_both_schemes(
        (r, g, b) in any::<(u8, u8, u8)>(),
        tint in proptest::option::of(any::<(u8, u8, u8)>()),
    ) {
        let tint = tint.map(|(r, g, b)| Colour::new(r, g, b));
        if let Ok(brand) = Branding::new("North", Colour::new(r, g, b), tint, None) {
            prop_assert!(brand.brand_light.contrast(LIGHT.surface) >= TEXT_CONTRAST);
            prop_assert!(brand.brand_light.contrast(brand.page_light) >= TEXT_CONTRAST);
            prop_assert!(LIGHT.muted.contrast(brand.page_light) >= TEXT_CONTRAST);
            prop_assert!(brand.brand_dark.contrast(DARK.surface) >= TEXT_CONTRAST);
            prop_assert!(readable_on(brand.brand_light, LIGHT.surface, LIGHT.ink).contrast(brand.brand_light) >= TEXT_CONTRAST);
            prop_assert!(readable_on(brand.brand_dark, DARK.page, DARK.ink).contrast(brand.brand_dark) >= TEXT_CONTRAST);
        }
    }
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend_from_slice(&width.to_be_bytes());
    bytes.extend_from_slice(&height.to_be_bytes());
    bytes
}

fn svg(inside: &str) -> Vec<u8> {
    format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\">{inside}</svg>").into_bytes()
}

#[test]
fn a_logo_is_a_png_or_an_svg_by_its_content() {
    assert_eq!(Logo::check(png(64, 64)).unwrap().content_type(), "image/png");
    assert_eq!(
        Logo::check(svg("<path d=\"M0 0h1v1z\"/>")).unwrap().content_type(),
        "image/svg+xml"
    );
    for bytes in [
        &b"GIF89a"[..],
        b"",
        b"<html><svg></svg></html>",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
    ] {
        assert_eq!(Logo::check(bytes.to_vec()), Err(LogoError::UnknownFormat));
    }
}

#[test]
fn a_logo_has_at_most_64_kibibytes_and_2048_pixels() {
    let padding = " ".repeat(logo::MAX_LOGO_BYTES);
    assert!(matches!(Logo::check(svg(&padding)), Err(LogoError::TooLarge(_))));
    assert_eq!(Logo::check(png(2049, 1)), Err(LogoError::Dimensions));
    assert_eq!(Logo::check(png(0, 1)), Err(LogoError::Dimensions));
}

#[test]
fn an_svg_that_is_more_than_a_drawing_is_refused() {
    for inside in [
        "<script>alert(1)</script>",
        "<SCRIPT/>",
        "<g onload=\"alert(1)\"/>",
        "<g onload \n = \"alert(1)\"/>",
        "<g id='x'onclick='alert(1)'/>",
        "<foreignObject/>",
        "<a href=\"javascript:alert(1)\"/>",
        "<image href=\"https://tracker.example/x.png\"/>",
        "<style>@import url(https://tracker.example/x.css)</style>",
    ] {
        assert!(
            matches!(Logo::check(svg(inside)), Err(LogoError::ActiveContent(_))),
            "{inside}"
        );
    }
}

#[test]
fn a_logo_is_served_in_a_sandbox() {
    let logo = Logo::check(svg("")).unwrap();
    let branding = Branding::new("North", colour("#0b5f8a"), None, Some(logo)).unwrap();
    let response = branding.logo_response().unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let policy = response
        .headers()
        .get(header::CONTENT_SECURITY_POLICY)
        .unwrap()
        .to_str()
        .unwrap();
    assert!(
        policy.contains("sandbox") && policy.contains("default-src 'none'"),
        "{policy}"
    );
    assert_eq!(
        response.headers().get(header::X_CONTENT_TYPE_OPTIONS).unwrap(),
        "nosniff"
    );
}

#[test]
fn the_version_follows_colours_and_logo() {
    let plain = with_primary("#0b5f8a").unwrap().version();
    assert_ne!(plain, with_primary("#0b5f8b").unwrap().version());
    let logo = Logo::check(svg("")).unwrap();
    assert_ne!(
        plain,
        Branding::new("North", colour("#0b5f8a"), None, Some(logo))
            .unwrap()
            .version()
    );
}
