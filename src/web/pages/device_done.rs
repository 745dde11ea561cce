//! The last page of connecting a device.

use crate::web::language::words;
use crate::web::{Chrome, Href, Page};
use askama::Template;

/// The outcome.
#[derive(Template)]
#[template(path = "pages/device_done.html")]
pub struct DeviceDone {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// How it ended.
    pub outcome: DeviceOutcome,
    /// Where the access that a device got can be withdrawn.
    pub apps: Href,
}

/// How connecting a device ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceOutcome {
    /// The device gets access.
    Connected,
    /// It does not.
    Refused,
}

words! {
    DeviceDoneWords {
        connected { "Your device is connected" "Su dispositivo está conectado" }
        connected_what {
            "Go back to the device: it goes on by itself within a few seconds. You can close this page."
            "Vuelva al dispositivo: continuará por sí solo en unos segundos. Puede cerrar esta página."
        }
        withdraw { "You can withdraw its access at any time" "Puede retirarle el acceso en cualquier momento" }
        refused { "The device was not connected" "El dispositivo no se ha conectado" }
        refused_what {
            "It gets no access, and its code is of no more use. You can close this page."
            "No obtiene ningún acceso y su código ya no sirve. Puede cerrar esta página."
        }
    }
}

impl DeviceDone {
    const fn withdraw(&self) -> Option<&'static str> {
        match self.outcome {
            DeviceOutcome::Connected => Some(DeviceDoneWords(self.chrome.language).withdraw()),
            DeviceOutcome::Refused => None,
        }
    }

    const fn words(&self) -> (&'static str, &'static str) {
        let words = DeviceDoneWords(self.chrome.language);
        match self.outcome {
            DeviceOutcome::Connected => (words.connected(), words.connected_what()),
            DeviceOutcome::Refused => (words.refused(), words.refused_what()),
        }
    }
}

impl Page for DeviceDone {
    fn chrome(&self) -> &Chrome {
        &self.chrome
    }
}
