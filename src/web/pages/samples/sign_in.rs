//! Signing in: with a password, upstream, on a device, as a test.

use super::*;

/// What a test shows.
pub(crate) fn trace(flavour: Flavour, language: Language, passed: bool) -> TraceLook {
    let line = |rule, outcome, reason: Option<&str>| TraceLine {
        rule,
        outcome,
        reason: reason.map(|reason| flavour.of(reason).to_owned()),
    };
    let last = if passed {
        line("fhirUser", TraceOutcome::Matched, None)
    } else {
        line(
            "fhirUser",
            TraceOutcome::Failed,
            Some("the list has no element at that place"),
        )
    };
    TraceLook {
        language,
        passed,
        check: if passed { "completed" } else { "mapping" }.to_owned(),
        detail: (!passed).then(|| {
            flavour
                .of("the rule for fhirUser is required, and yielded nothing for this user")
                .to_owned()
        }),
        rules: vec![
            line("subject", TraceOutcome::Matched, None),
            line("name", TraceOutcome::Matched, None),
            line("roles", TraceOutcome::Empty, None),
            last,
        ],
        identity: if passed {
            vec![
                ("subject", "00u1a2b3c4".to_owned()),
                ("name", flavour.of("Ada Okafor").to_owned()),
                ("fhirUser", "Practitioner/ada".to_owned()),
            ]
        } else {
            Vec::new()
        },
        claims: Some(format!(
            "{{\n  \"sub\": \"00u1a2b3c4\",\n  \"name\": \"{}\"\n}}",
            flavour.of("Ada Okafor")
        )),
    }
}

impl Collection {
    pub(super) fn device(&mut self) {
        let problems = [
            ("empty", None),
            ("unknown", Some(DeviceCodeProblem::Unknown)),
            ("too_many", Some(DeviceCodeProblem::TooManyAttempts { minutes: 4 })),
        ];
        for (name, problem) in problems {
            let page = DeviceCode {
                chrome: self.chrome(),
                csrf: csrf("device-code"),
                action: Href::local("/northfield/auth/device"),
                user_code: problem.map_or_else(String::new, |_| self.flavour.of("BCDF-GHJK").to_owned()),
                problem,
            };
            self.add(&format!("device_code_{name}"), &page);
        }
        let page = DeviceConfirm {
            chrome: self.chrome(),
            csrf: csrf("device-confirm"),
            action: Href::local("/northfield/auth/device/confirm"),
            user_code: "BCDF-GHJK".to_owned(),
        };
        self.add("device_confirm", &page);
        for (name, outcome) in [
            ("connected", DeviceOutcome::Connected),
            ("refused", DeviceOutcome::Refused),
        ] {
            let chrome = self.chrome();
            self.add(
                &format!("device_done_{name}"),
                &DeviceDone {
                    chrome,
                    outcome,
                    apps: Href::local("/northfield/auth/apps"),
                },
            );
        }
    }

    pub(super) fn add_sign_in(&mut self) {
        let problems = [
            ("sign_in", None),
            ("sign_in-wrong", Some(SignInProblem::WrongCredentials)),
            ("sign_in-no-name", Some(SignInProblem::UsernameMissing)),
            ("sign_in-no-password", Some(SignInProblem::PasswordMissing)),
            ("sign_in-wait", Some(SignInProblem::TooManyAttempts { minutes: 5 })),
            ("sign_in-busy", Some(SignInProblem::Busy)),
        ];
        for (name, problem) in problems {
            let page = SignIn {
                chrome: self.chrome(),
                csrf: csrf("sign-in"),
                action: Href::local("/northfield/auth/interact/1"),
                username: problem.map_or_else(String::new, |_| self.flavour.of("ana.ruiz").to_owned()),
                problem,
                other_ways: Some(Href::local("/northfield/auth/interact/1/ways")),
                forgot: problem
                    .is_some()
                    .then(|| Href::local("/northfield/auth/account/forgot")),
                passkeys: problem.is_none(),
                emergency: problem == Some(SignInProblem::Busy),
            };
            self.add(name, &page);
        }
        self.add_choices();
    }

    pub(super) fn add_choices(&mut self) {
        let choice = |label: &str, hint: &str, used_last: bool| IdentityProviderChoice {
            label: label.to_owned(),
            hint: Some(hint.to_owned()),
            used_last,
            href: Href::local("/northfield/auth/federation/1/start"),
        };
        let choices = vec![
            choice(
                self.flavour.of("Staff account"),
                "Badge number and network password",
                true,
            ),
            choice("Patient account", "MyNorthfield user name", false),
        ];
        let address = |value: &str| AddressQuestion {
            csrf: csrf("sign-in"),
            action: Href::local("/northfield/auth/interact/1/sign-in"),
            unknown: !value.is_empty(),
            value: value.to_owned(),
        };
        let pages = [
            ("choose_identity_provider", choices.clone(), None),
            ("choose_identity_provider-none", Vec::new(), None),
            ("choose_identity_provider-address", choices.clone(), Some(address(""))),
            (
                "choose_identity_provider-unknown",
                choices,
                Some(address("ana.ruiz@nowhere.example")),
            ),
            (
                "choose_identity_provider-only_address",
                Vec::new(),
                Some(address("ana.ruiz@nowhere.example")),
            ),
        ];
        for (name, choices, address) in pages {
            let chrome = self.chrome();
            self.add(
                name,
                &ChooseIdentityProvider {
                    chrome,
                    choices,
                    address,
                },
            );
        }
    }

    pub(super) fn add_upstream(&mut self) {
        let choices = vec![IdentityProviderChoice {
            label: self.flavour.of("Maria Lopez").to_owned(),
            hint: Some("patient".to_owned()),
            used_last: false,
            href: Href::local("/demo/idp/sso/maria?SAMLRequest=x"),
        }];
        let chrome = platform_chrome(self.language);
        self.add("demo_people", &DemoPeople { chrome, choices });
        self.add(
            "form_post_to_service",
            &FormPost {
                chrome: self.chrome(),
                target: FormPostTarget::SignInService,
                redirect_uri: Href::external("https://idp.hospital.example/sso").unwrap(),
                parameters: vec![("SAMLRequest".to_owned(), self.flavour.of("PHNhbWxwOi8+").to_owned())],
            },
        );
        for (name, person) in [
            ("confirm_sign_in", Some("Ada Okafor")),
            ("confirm_sign_in_unnamed", None),
        ] {
            let page = ConfirmSignIn {
                chrome: self.chrome(),
                csrf: csrf("confirm-sign-in"),
                action: Href::local("/northfield/auth/federation/staff/resume?state=wku_example"),
                provider: self.flavour.of("Staff account").to_owned(),
                person: person.map(|person| self.flavour.of(person).to_owned()),
            };
            self.add(name, &page);
        }
    }

    pub(super) fn add_tests(&mut self) {
        let states = [
            (
                "test_sign_in-ready",
                TestSignInState::Ready {
                    start: Href::local("/northfield/auth/federation/staff/test/wkt_example/start"),
                    minutes: 59,
                },
            ),
            ("test_sign_in-gone", TestSignInState::Gone),
            (
                "test_sign_in-passed",
                TestSignInState::Result(Box::new(trace(self.flavour, self.language, true))),
            ),
            (
                "test_sign_in-refused",
                TestSignInState::Result(Box::new(trace(self.flavour, self.language, false))),
            ),
        ];
        for (name, state) in states {
            let page = TestSignIn {
                chrome: self.chrome(),
                provider: self.flavour.of("Staff account").to_owned(),
                state,
            };
            self.add(name, &page);
        }
    }
}
