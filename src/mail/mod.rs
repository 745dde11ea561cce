//! Sending mail through the installation's SMTP server (RFC 5321). What is sent, and when, is decided elsewhere.

use crate::kernel::{Secret, Timestamp};
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use thiserror::Error;

/// No conversation with the server takes longer.
const PATIENCE: Duration = Duration::from_secs(15);

/// How the connection to the server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailSecurity {
    /// TLS from the first byte (RFC 8314 section 3.3).
    Tls,
    /// TLS after STARTTLS; without it nothing is sent (RFC 3207).
    StartTls,
    /// None. For a server on this machine only.
    Plain,
}

/// Where mail is handed in.
#[derive(Clone)]
pub struct SmtpSettings {
    /// The server's name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: MailSecurity,
    /// User name and password, if the server wants them.
    pub credentials: Option<(String, Secret<String>)>,
    /// The address that mail comes from where a tenant names none.
    pub sender: String,
    /// The name this server gives itself.
    pub hello_name: String,
}

/// The settings cannot be used.
#[derive(Debug, Error)]
pub enum InvalidMailSettings {
    /// The sender is no address.
    #[error("mail.sender is not an e-mail address: {0}")]
    Sender(String),
    /// The server's name does not fit TLS.
    #[error("mail.host cannot be used with TLS: {0}")]
    Tls(String),
}

/// Why a mail was not taken. Says nothing of the mail or of whom it is for.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum MailFailure {
    /// No mail server is configured.
    #[error("no mail server is configured")]
    Off,
    /// The mail cannot be written: an address is none.
    #[error("the mail's addresses cannot be written")]
    Unwritable,
    /// The server refused it for good.
    #[error("the mail server refuses the mail for good")]
    Refused,
    /// The server cannot be reached, or did not take it now.
    #[error("the mail server did not take the mail")]
    NotNow,
}

impl MailFailure {
    /// Whether trying again is of no use.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Unwritable | Self::Refused)
    }
}

/// A mail in plain text.
pub struct Mail<'a> {
    /// Unlike any other; kept when it is sent again, so that a mail that came twice is known as one.
    pub id: &'a str,
    /// The name that it comes from.
    pub from_name: &'a str,
    /// The address that it comes from; none for the installation's own.
    pub from: Option<&'a str>,
    /// Whom it is for.
    pub to: &'a str,
    /// Its subject.
    pub subject: &'a str,
    /// Its text.
    pub text: &'a str,
    /// When it was written.
    pub at: Timestamp,
}

struct Inner {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    sender: Address,
    host: String,
}

/// Sends mail, or knows that there is no server to send it through. Cheap to clone.
#[derive(Clone, Default)]
pub struct Mailer(Option<Arc<Inner>>);

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mailer({})", self.0.as_ref().map_or("off", |inner| &inner.host))
    }
}

impl Mailer {
    /// Without a server: nothing is sent.
    pub const fn off() -> Self {
        Self(None)
    }

    /// Through a server. Nothing is connected yet.
    pub fn smtp(settings: &SmtpSettings) -> Result<Self, InvalidMailSettings> {
        let sender = settings
            .sender
            .parse::<Address>()
            .map_err(|error| InvalidMailSettings::Sender(error.to_string()))?;
        let parameters =
            || TlsParameters::new(settings.host.clone()).map_err(|error| InvalidMailSettings::Tls(error.to_string()));
        let tls = match settings.security {
            MailSecurity::Tls => Tls::Wrapper(parameters()?),
            MailSecurity::StartTls => Tls::Required(parameters()?),
            MailSecurity::Plain => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port)
            .tls(tls)
            .timeout(Some(PATIENCE))
            .hello_name(ClientId::Domain(settings.hello_name.clone()));
        if let Some((user, password)) = &settings.credentials {
            builder = builder.credentials(Credentials::new(user.clone(), password.expose().clone()));
        }
        Ok(Self(Some(Arc::new(Inner {
            transport: builder.build(),
            sender,
            host: settings.host.clone(),
        }))))
    }

    /// Whether there is a server.
    pub const fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Hands a mail in. Returns when the server has taken it.
    pub async fn send(&self, mail: &Mail<'_>) -> Result<(), MailFailure> {
        let inner = self.0.as_ref().ok_or(MailFailure::Off)?;
        let message = write(mail, &inner.sender)?;
        let sending = tokio::time::timeout(PATIENCE, inner.transport.send(message));
        match sending.await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.is_permanent() => Err(MailFailure::Refused),
            Ok(Err(error)) => {
                // The library's words on a failed connection name the server, never the mail.
                let cause = if error.is_response() { "response" } else { "connection" };
                tracing::warn!(cause, tls = error.is_tls(), timeout = error.is_timeout(), "mail server");
                Err(MailFailure::NotNow)
            }
            Err(_) => Err(MailFailure::NotNow),
        }
    }
}

fn write(mail: &Mail<'_>, own: &Address) -> Result<Message, MailFailure> {
    let sender = match mail.from {
        Some(sender) => sender.parse::<Address>().map_err(|_| MailFailure::Unwritable)?,
        None => own.clone(),
    };
    let to = mail.to.parse::<Address>().map_err(|_| MailFailure::Unwritable)?;
    // A name is written as text: line breaks in it must not begin a header.
    let name: String = mail.from_name.chars().filter(|letter| !letter.is_control()).collect();
    let subject: String = mail.subject.chars().filter(|letter| !letter.is_control()).collect();
    let seconds = u64::try_from(mail.at.seconds()).unwrap_or_default();
    Message::builder()
        .message_id(Some(format!("<{}@{}>", mail.id, sender.domain())))
        .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
        .from(Mailbox::new(Some(name), sender))
        .to(Mailbox::new(None, to))
        .subject(subject)
        .header(ContentType::TEXT_PLAIN)
        .body(mail.text.to_owned())
        .map_err(|_| MailFailure::Unwritable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail<'a>(from_name: &'a str, to: &'a str, subject: &'a str) -> Mail<'a> {
        Mail {
            id: "mai_1",
            from_name,
            from: None,
            to,
            subject,
            text: "Hola, señora.\n",
            at: Timestamp::from_seconds(1_795_223_600),
        }
    }

    fn written(mail: &Mail<'_>) -> Result<String, MailFailure> {
        let message = write(mail, &"wardkey@auth.example".parse().unwrap())?;
        Ok(String::from_utf8(message.formatted()).unwrap())
    }

    #[test]
    fn a_mail_names_its_sender_its_time_and_itself() {
        let text = written(&mail("North Hospital", "ada@north.example", "Welcome")).unwrap();
        assert!(
            text.contains("From: \"North Hospital\" <wardkey@auth.example>\r\n"),
            "{text}"
        );
        assert!(text.contains("Message-ID: <mai_1@auth.example>\r\n"), "{text}");
        assert!(text.contains("Date: Sat, 21 Nov 2026 01:13:20 +0000\r\n"), "{text}");
    }

    #[test]
    fn no_header_can_be_added_by_a_name_a_subject_or_an_address() {
        let text = written(&mail(
            "North\r\nBcc: x@y.example",
            "ada@north.example",
            "Hi\r\nBcc: z@y.example",
        ))
        .unwrap();
        assert!(!text.to_ascii_lowercase().contains("\nbcc:"), "{text}");
        assert_eq!(
            written(&mail("North", "ada@north.example\r\nBcc: x@y.example", "Hi")).unwrap_err(),
            MailFailure::Unwritable
        );
    }

    #[tokio::test]
    async fn without_a_server_nothing_is_sent() {
        let failure = Mailer::off().send(&mail("North", "ada@north.example", "Hi")).await;
        assert_eq!(failure, Err(MailFailure::Off));
        assert!(!MailFailure::Off.is_final(), "there may be a server tomorrow");
    }
}
