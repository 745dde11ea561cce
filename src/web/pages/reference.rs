//! The block at the end of every failure page: whom to ask, and what to tell them.

use crate::kernel::Timestamp;
use crate::web::Chrome;
use crate::web::dates::moment_in_words;
use crate::web::language::words;

words! {
    ReferenceWords {
        ask(contact: &str) { "If it goes on, contact {contact} and give this reference:" "Si continúa, contacte con {contact} e indique esta referencia:" }
        ask_hospital {
            "If it goes on, contact your hospital's IT help desk and give this reference:"
            "Si continúa, contacte con el servicio informático de su hospital e indique esta referencia:"
        }
        code { "Code" "Código" }
        request { "Request" "Petición" }
        time { "Time" "Hora" }
    }
}

/// What a help desk needs to find the failure in the logs.
pub(super) struct Reference<'a> {
    pub(super) words: ReferenceWords,
    chrome: &'a Chrome,
    pub(super) code: &'static str,
    pub(super) at: Timestamp,
}

impl<'a> Reference<'a> {
    pub(super) const fn new(chrome: &'a Chrome, code: &'static str, at: Timestamp) -> Self {
        Self {
            words: ReferenceWords(chrome.language),
            chrome,
            code,
            at,
        }
    }

    pub(super) fn ask(&self) -> String {
        self.chrome.tenant.help_contact.as_deref().map_or_else(
            || self.words.ask_hospital().to_owned(),
            |contact| self.words.ask(contact),
        )
    }

    pub(super) fn moment(&self) -> String {
        moment_in_words(self.at, self.chrome.language)
    }

    /// What the copy button copies, in one line that fits into a ticket.
    pub(super) fn for_copying(&self) -> String {
        format!(
            "{} · {} · {} · {}",
            self.chrome.tenant.name,
            self.code,
            self.chrome.request_id,
            self.at.to_rfc3339()
        )
    }
}
