//! Mails in plain text, in every language. No link in them leads anywhere but to this server, and nothing in them is secret
//! except the one-time link.

use super::Language;
use super::language::words;

/// A mail's subject and text.
#[derive(Clone)]
pub struct Letter {
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
}

/// What stands in every letter to an account's holder.
#[derive(Clone, Copy)]
pub struct ForHolder<'a> {
    /// The hospital's name.
    pub hospital: &'a str,
    /// Whom the letter is to.
    pub person: &'a str,
    /// What they sign in as.
    pub username: &'a str,
}

words! {
    LetterWords {
        greeting(person: &str) { "Hello {person}," "Hola, {person}:" }
        invitation_subject(hospital: &str) { "Your account at {hospital}" "Su cuenta en {hospital}" }
        invitation(hospital: &str) {
            "An account was made for you at {hospital}. Choose your password on this page:"
            "Se ha creado una cuenta para usted en {hospital}. Elija su contraseña en esta página:"
        }
        username(username: &str) { "You sign in as: {username}" "Inicia sesión como: {username}" }
        days(days: &str) {
            "The link works once, for {days} days. If you did not expect this mail, ignore it."
            "El enlace funciona una sola vez, durante {days} días. Si no esperaba este correo, no haga nada."
        }
        reset_subject(hospital: &str) { "Your password at {hospital}" "Su contraseña en {hospital}" }
        reset(hospital: &str) {
            "Somebody asked for a new password for your account at {hospital}. If it was you, choose it on this page:"
            "Alguien ha pedido una contraseña nueva para su cuenta en {hospital}. Si fue usted, elíjala en esta página:"
        }
        minutes(minutes: &str) {
            "The link works once, for {minutes} minutes. If it was not you, ignore this mail: your password stays as it is."
            "El enlace funciona una sola vez, durante {minutes} minutos. Si no fue usted, no haga nada: su contraseña no cambia."
        }
        changed_subject(hospital: &str) {
            "The security of your account at {hospital} was changed"
            "Ha cambiado la seguridad de su cuenta en {hospital}"
        }
        password_changed { "The password of your account was changed." "Se ha cambiado la contraseña de su cuenta." }
        factor_added {
            "A way to prove that it is you was added to your account."
            "Se ha añadido a su cuenta una forma de demostrar que es usted."
        }
        factor_removed {
            "A way to prove that it is you was removed from your account."
            "Se ha quitado de su cuenta una forma de demostrar que es usted."
        }
        recovery_used {
            "A recovery code of your account was used to sign in."
            "Se ha usado un código de recuperación de su cuenta para iniciar sesión."
        }
        recovery_made {
            "New recovery codes were made for your account. Those before do not work any more."
            "Se han creado nuevos códigos de recuperación para su cuenta. Los anteriores ya no funcionan."
        }
        not_you {
            "If it was not you, tell your hospital's help desk now."
            "Si no fue usted, avise ahora al servicio de ayuda de su hospital."
        }
        emergency_subject(hospital: &str) {
            "Emergency account used at {hospital}"
            "Uso de una cuenta de emergencia en {hospital}"
        }
        emergency(account: &str, at: &str) {
            "Somebody signed in with the emergency account {account} at {at}. The audit log has the details. If nobody was meant to, disable the account and end its sessions."
            "Alguien ha iniciado sesión con la cuenta de emergencia {account} a las {at}. El registro de auditoría tiene los detalles. Si nadie debía hacerlo, desactive la cuenta y cierre sus sesiones."
        }
    }
}

/// What was changed about an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecurityChange {
    /// The password.
    Password,
    /// An authenticator app or a passkey is new.
    FactorAdded,
    /// One is gone.
    FactorRemoved,
    /// A recovery code was used.
    RecoveryCodeUsed,
    /// New recovery codes stand in place of those before.
    RecoveryCodesMade,
}

fn letter(subject: String, paragraphs: &[&str]) -> Letter {
    let mut text = paragraphs.join("\n\n");
    text.push('\n');
    Letter { subject, text }
}

/// An invitation with its link.
pub fn invitation(language: Language, to: ForHolder<'_>, link: &str, days: u64) -> Letter {
    let words = LetterWords(language);
    let paragraphs = [
        &words.greeting(to.person),
        &words.invitation(to.hospital),
        link,
        &words.username(to.username),
        &words.days(&days.to_string()),
    ];
    letter(words.invitation_subject(to.hospital), &paragraphs)
}

/// A link to choose another password.
pub fn reset(language: Language, to: ForHolder<'_>, link: &str, minutes: u64) -> Letter {
    let words = LetterWords(language);
    let paragraphs = [
        &words.greeting(to.person),
        &words.reset(to.hospital),
        link,
        &words.username(to.username),
        &words.minutes(&minutes.to_string()),
    ];
    letter(words.reset_subject(to.hospital), &paragraphs)
}

/// News of a change, without a link: whoever did not make it is to talk to people.
pub fn changed(language: Language, to: ForHolder<'_>, change: SecurityChange) -> Letter {
    let words = LetterWords(language);
    let what = match change {
        SecurityChange::Password => words.password_changed(),
        SecurityChange::FactorAdded => words.factor_added(),
        SecurityChange::FactorRemoved => words.factor_removed(),
        SecurityChange::RecoveryCodeUsed => words.recovery_used(),
        SecurityChange::RecoveryCodesMade => words.recovery_made(),
    };
    let paragraphs = [&words.greeting(to.person), what, words.not_you()];
    letter(words.changed_subject(to.hospital), &paragraphs)
}

/// To the owners, in every language, since nothing is known of theirs: an emergency account was used. It is named by its id.
pub fn emergency(hospital: &str, account: &str, at: &str) -> Letter {
    let paragraphs = Language::ALL.map(|language| LetterWords(language).emergency(account, at));
    let paragraphs: Vec<&str> = paragraphs.iter().map(String::as_str).collect();
    letter(LetterWords(Language::English).emergency_subject(hospital), &paragraphs)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TO: ForHolder<'static> = ForHolder {
        hospital: "North Hospital",
        person: "Ada Okafor",
        username: "ada",
    };

    #[test]
    fn a_letter_with_a_link_has_it_on_a_line_of_its_own() {
        let link = "https://auth.example/north/auth/account/link/wkv_x";
        for language in Language::ALL {
            for letter in [invitation(language, TO, link, 7), reset(language, TO, link, 30)] {
                assert_eq!(
                    letter.text.lines().filter(|line| *line == link).count(),
                    1,
                    "{}",
                    letter.text
                );
                assert!(letter.text.contains("ada") && letter.subject.contains("North Hospital"));
            }
        }
    }

    #[test]
    fn every_letter_says_something_else_in_each_language() {
        for change in [
            SecurityChange::Password,
            SecurityChange::FactorAdded,
            SecurityChange::FactorRemoved,
            SecurityChange::RecoveryCodeUsed,
            SecurityChange::RecoveryCodesMade,
        ] {
            let [english, spanish] = Language::ALL.map(|language| changed(language, TO, change));
            assert_ne!(english.text, spanish.text);
            assert_ne!(english.subject, spanish.subject);
        }
    }

    #[test]
    fn owners_are_written_to_in_both_languages() {
        let letter = emergency("North Hospital", "acc_1", "2026-11-21T01:13:20Z");
        assert!(letter.text.contains("Somebody signed in") && letter.text.contains("Alguien ha iniciado"));
    }
}
