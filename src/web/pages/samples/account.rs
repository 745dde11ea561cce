//! Accounts and their security.

use super::*;

impl Collection {
    #[expect(clippy::too_many_lines, reason = "one sample after another")]
    pub(super) fn add_account(&mut self) {
        let at = |path: &str| Href::local(&format!("/northfield/auth/account/{path}"));
        let flavour = self.flavour;
        let passkey = |label: &str, last_used| PasskeyItem {
            label: flavour.of(label).to_owned(),
            handle: "handle".to_owned(),
            created: Timestamp::from_seconds(1_790_000_000),
            last_used,
        };
        let security = |full: bool| SecurityFacts {
            emergency: full,
            has_password: true,
            password_changed: full.then_some(NOW),
            change_password: at("password"),
            has_app: full,
            set_up_app: at("authenticator"),
            remove_app: at("authenticator/remove"),
            passkeys: if full {
                vec![passkey("Ward computer", Some(NOW)), passkey("Telephone", None)]
            } else {
                Vec::new()
            },
            add_passkey: Some(at("passkeys")),
            remove_passkey: at("passkeys/remove"),
            recovery_codes: 8,
            new_recovery_codes: at("recovery-codes"),
        };
        let session = |this| SessionItem {
            since: Some(NOW),
            until: NOW,
            this,
        };
        let states = [
            ("account", Some(security(true)), Some(AccountDone::Password)),
            ("account-new", Some(security(false)), None),
            ("account-elsewhere", None, None),
        ];
        for (name, security, done) in states {
            let page = AccountPage {
                chrome: self.chrome(),
                person: flavour.of("Dr. Ana Ruiz").to_owned(),
                csrf: csrf("account"),
                done,
                security,
                provider: flavour.of("Staff account").to_owned(),
                sessions: vec![session(true), session(false)],
                end_sessions: at("sessions"),
                apps: Href::local("/northfield/auth/apps"),
                sign_out: Href::local("/northfield/auth/sign-out"),
                sign_out_csrf: csrf("sign-out"),
            };
            self.add(name, &page);
        }
        for (name, problem) in [
            ("second_factor", None),
            ("second_factor-missing", Some(CodeProblem::Missing)),
            ("second_factor-wrong", Some(CodeProblem::Wrong)),
            ("second_factor-passkey", Some(CodeProblem::Passkey)),
            ("second_factor-many", Some(CodeProblem::TooManyAttempts { minutes: 14 })),
        ] {
            let page = SecondFactor {
                chrome: self.chrome(),
                csrf: csrf("second-factor"),
                action: at("second-factor"),
                has_app: problem != Some(CodeProblem::Passkey),
                has_recovery_codes: problem.is_none(),
                passkey: Some(at("second-factor/passkey")),
                problem,
                start_again: at("sign-in/local"),
            };
            self.add(name, &page);
        }
        for (name, problem) in [
            ("choose_password", None),
            ("choose_password-current", Some(PasswordProblem::WrongCurrent)),
            ("choose_password-short", Some(PasswordProblem::TooShort)),
            ("choose_password-too-long", Some(PasswordProblem::TooLong)),
            ("choose_password-guessable", Some(PasswordProblem::Guessable)),
            (
                "choose_password-many",
                Some(PasswordProblem::TooManyAttempts { minutes: 3 }),
            ),
            ("choose_password-busy", Some(PasswordProblem::Busy)),
        ] {
            let page = ChoosePassword {
                chrome: self.chrome(),
                csrf: csrf("password"),
                action: at("password"),
                username: flavour.of("ana.ruiz").to_owned(),
                asks_current: problem.is_some(),
                least: 15,
                problem,
                back: problem.map(|_| at("")),
            };
            self.add(name, &page);
        }
        for (name, state) in [
            (
                "forgot_password",
                ForgotPasswordState::Form(csrf("forgot"), at("forgot")),
            ),
            ("forgot_password-sent", ForgotPasswordState::Sent),
            ("forgot_password-no-mail", ForgotPasswordState::NoMail),
            (
                "forgot_password-gone",
                ForgotPasswordState::LinkGone(Some(at("forgot"))),
            ),
        ] {
            let page = ForgotPassword {
                chrome: self.chrome(),
                state,
                back: at(""),
            };
            self.add(name, &page);
        }
        for (name, console) in [
            ("password_saved", None),
            ("password_saved-administrator", Some(Href::local("/northfield/admin"))),
        ] {
            let page = PasswordSaved {
                chrome: self.chrome(),
                username: flavour.of("ana.ruiz").to_owned(),
                console,
                account: at(""),
            };
            self.add(name, &page);
        }
        for (name, wrong_code) in [("set_up_app", false), ("set_up_app-wrong", true)] {
            let page = SetUpApp {
                chrome: self.chrome(),
                csrf: csrf("authenticator"),
                action: at("authenticator"),
                ceremony: "wky_example".to_owned(),
                picture: QrPicture::new(21, (0..441).map(|index| index % 3 == 0)),
                key: "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ".to_owned(),
                wrong_code,
                demanded: wrong_code,
                back: at(""),
            };
            self.add(name, &page);
        }
        let codes = vec!["k7wd-2mzx-q4np-8rta".to_owned(); 10];
        for (name, state) in [
            (
                "recovery_codes-question",
                RecoveryCodesState::Question(csrf("recovery"), at("recovery-codes")),
            ),
            ("recovery_codes", RecoveryCodesState::Codes(codes)),
        ] {
            let page = RecoveryCodes {
                chrome: self.chrome(),
                state,
                next: at(""),
            };
            self.add(name, &page);
        }
        for (name, creates, failed) in [
            ("passkey", false, false),
            ("passkey-failed", false, true),
            ("passkey-new", true, false),
        ] {
            let page = PasskeyPage {
                chrome: self.chrome(),
                csrf: csrf("passkey"),
                action: at("passkey"),
                ceremony: "wky_example".to_owned(),
                options: "{\"challenge\":\"AAAA\",\"allowCredentials\":[]}".to_owned(),
                creates,
                failed,
                back: at(""),
            };
            self.add(name, &page);
        }
    }
}
