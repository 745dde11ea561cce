//! Short codes, signed out, errors and other ends.

use super::*;

impl Collection {
    pub(super) fn add_codes(&mut self) {
        for short in short_codes::all() {
            let page = ErrorCodePage {
                chrome: self.chrome(),
                short,
                all: Href::local("/errors"),
            };
            self.add(&format!("error_code-{}", short.code), &page);
        }
        self.add("error_codes", &ErrorCodesPage { chrome: self.chrome() });
    }

    pub(super) fn add_signed_out(&mut self) {
        let provider = self.flavour.of("Staff account").to_owned();
        let frame = "https://growth.example/logout?sid=1&iss=https://auth.example/northfield/auth";
        for (name, upstream) in [
            ("signed_out", SignedOutUpstream::StillSignedIn(provider.clone())),
            ("signed_out-leaving", SignedOutUpstream::Leaving(provider)),
        ] {
            self.add(
                name,
                &SignedOut {
                    chrome: self.chrome(),
                    upstream,
                    next: Href::external("https://growth.example/"),
                    frames: vec![frame.to_owned()],
                },
            );
        }
    }

    pub(super) fn add_endings(&mut self) {
        for problem in Problem::ALL {
            let page = ErrorPage {
                chrome: self.chrome(),
                problem,
                action: Some(match problem {
                    Problem::ProviderUnreachable => Action::TryAgainOrElsewhere {
                        again: Href::local("/northfield/auth/interact/1"),
                        elsewhere: vec![(
                            self.flavour.of("Emergency account").to_owned(),
                            Href::local("/northfield/auth/interact/1/sign-in/emergency"),
                        )],
                    },
                    Problem::CookieBlocked => Action::OpenWindow(Href::local("/northfield/auth/interact/1")),
                    Problem::FormOutdated => Action::SignInAgain(Href::local("/northfield/auth/interact/1")),
                    Problem::NotPermitted => Action::BackToApp(Href::external("https://growth.example/").unwrap()),
                    _ => Action::TryAgain(Href::local("/northfield/auth/interact/1")),
                })
                .filter(|_| {
                    !matches!(
                        problem,
                        Problem::AppUnknown | Problem::ReturnAddress | Problem::AppRequest
                    )
                }),
                technical: (problem == Problem::ReturnAddress).then(|| Technical {
                    error: "invalid_request".to_owned(),
                    description: self
                        .flavour
                        .of("redirect_uri is not registered for this client")
                        .to_owned(),
                    meaning: Some(Href::local("/errors/redirect_uri_unregistered")),
                }),
                at: NOW,
            };
            self.add(&format!("error-{}", problem.code()), &page);
        }
        let service = ContinueReason::AtSignInService(self.flavour.of("Staff account").to_owned());
        for (name, reason, href) in [
            ("service", service, true),
            ("done", ContinueReason::StepDone, true),
            ("tab", ContinueReason::OtherTab, true),
            ("expired", ContinueReason::Expired, false),
        ] {
            let href = href.then(|| Href::local("/northfield/auth/interact/1"));
            self.add(
                &format!("continue_sign_in-{name}"),
                &ContinueSignIn {
                    chrome: self.chrome(),
                    reason,
                    href,
                },
            );
        }
        self.add_connected_apps();
        self.add_signed_out();
        for (name, app) in [("by_app", Some("Growth Chart")), ("anonymous", None)] {
            self.add(
                &format!("confirm_logout-{name}"),
                &ConfirmLogout {
                    chrome: self.chrome(),
                    csrf: csrf("logout"),
                    action: Href::local("/northfield/auth/logout/confirm"),
                    app: app.map(|app| self.flavour.of(app).to_owned()),
                    fields: vec![("state", self.flavour.of("xyz").to_owned())],
                    stay: Href::local("/northfield/auth/apps"),
                },
            );
        }
        self.add(
            "suspended",
            &Suspended {
                chrome: self.chrome(),
                at: NOW,
            },
        );
        self.add(
            "not_found",
            &NotFound {
                chrome: platform_chrome(self.language),
            },
        );
        let parameters = vec![
            ("code".to_owned(), "wk_code_example".to_owned()),
            ("state".to_owned(), self.flavour.of("xyz").to_owned()),
        ];
        let redirect_uri = Href::external("https://growth.example/callback").unwrap();
        self.add(
            "form_post",
            &FormPost {
                chrome: self.chrome(),
                target: FormPostTarget::App,
                redirect_uri,
                parameters,
            },
        );
    }
}
