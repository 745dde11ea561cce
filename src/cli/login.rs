//! `wardkey login` and `wardkey logout`: device authorization (RFC 8628), or a token from a file.

use super::connection::http_client;
use super::credentials::{Context, CredentialsFile, now};
use super::{CliError, Global, output, read_secret};
use crate::control::COMMAND_LINE_CLIENT;
use crate::kernel::Secret;
use crate::smart::Scope as KnownScope;
use clap::Args;
use oauth2::basic::BasicClient;
use oauth2::{
    AuthType, ClientId, DeviceAuthorizationUrl, HttpRequest, HttpResponse, RefreshToken, Scope,
    StandardDeviceAuthorizationResponse, TokenResponse as _, TokenUrl,
};
use serde_json::json;
use std::path::PathBuf;
use url::{Host, Url};

/// Arguments of `login`.
#[derive(Args)]
pub(super) struct LoginArguments {
    /// The server's public address, such as https://auth.example.org.
    #[arg(long, value_name = "URL")]
    server: String,
    /// Sign in at this tenant, and mean it where none is named; without it, at the platform's own issuer.
    #[arg(long)]
    tenant: Option<String>,
    /// A token from a file, or `-` for standard input, instead of signing in.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// See only: ask for a token that changes nothing.
    #[arg(long)]
    read_only: bool,
}

/// The name of the context that is meant when none is given.
const USUAL: &str = "default";

pub(super) async fn login(global: &Global, arguments: LoginArguments) -> Result<(), CliError> {
    let server = arguments.server.trim_end_matches('/').to_owned();
    check_server(&server)?;
    let slug = arguments.tenant.as_deref().unwrap_or("platform");
    let issuer = format!("{server}/{slug}/auth");
    let mut context = Context {
        server,
        tenant: arguments.tenant.clone(),
        issuer,
        client_id: COMMAND_LINE_CLIENT.to_owned(),
        access_token: Secret::new(String::new()),
        refresh_token: None,
        expires_at: None,
    };
    match &arguments.token_file {
        Some(path) => context.access_token = read_secret(path)?,
        None => sign_in(&mut context, arguments.read_only).await?,
    }
    let name = global.context.as_deref().unwrap_or(USUAL);
    let mut file = CredentialsFile::open()?;
    file.store(name, &context)?;
    file.select(name)?;
    output::object(
        global.output,
        &json!({ "context": name, "server": context.server, "issuer": context.issuer }),
    );
    Ok(())
}

/// Tokens travel to the server: encrypted, or not further than this machine.
fn check_server(server: &str) -> Result<(), CliError> {
    let url = Url::parse(server).map_err(|error| CliError::Input(format!("{server} is no address: {error}")))?;
    let here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if url.scheme() == "https" || (url.scheme() == "http" && here) {
        Ok(())
    } else {
        Err(CliError::Input(
            "the server has an https address; tokens travel to it".into(),
        ))
    }
}

pub(super) fn logout(global: &Global) -> Result<(), CliError> {
    let mut file = CredentialsFile::open()?;
    let name = match (&global.context, file.find(None)) {
        (Some(name), _) => name.clone(),
        (None, Ok(Some((name, _)))) => name,
        _ => return Err(CliError::Input("you are not signed in anywhere".into())),
    };
    if !file.remove(&name)? {
        return Err(CliError::Input(format!("there is no context {name}")));
    }
    output::object(global.output, &json!({ "context": name, "change": "deleted" }));
    Ok(())
}

/// Our HTTP client behind the interface of the `oauth2` crate.
async fn exchange(client: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let (parts, body) = request.into_parts();
    let response = client
        .request(parts.method, parts.uri.to_string())
        .headers(parts.headers)
        .body(body)
        .send()
        .await?;
    let (status, headers) = (response.status(), response.headers().clone());
    let mut answer = HttpResponse::new(response.bytes().await?.to_vec());
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    Ok(answer)
}

fn bad_address(error: &dyn std::fmt::Display) -> CliError {
    CliError::Input(format!("the server's address cannot be read: {error}"))
}

/// Device authorization (RFC 8628): shows where to go and with which code, and waits.
async fn sign_in(context: &mut Context, read_only: bool) -> Result<(), CliError> {
    let http = http_client()?;
    let send = |request: HttpRequest| exchange(http.clone(), request);
    let device = format!("{}/device_authorization", context.issuer);
    let client = BasicClient::new(ClientId::new(context.client_id.clone()))
        .set_auth_type(AuthType::RequestBody)
        .set_device_authorization_url(DeviceAuthorizationUrl::new(device).map_err(|error| bad_address(&error))?)
        .set_token_uri(TokenUrl::new(format!("{}/token", context.issuer)).map_err(|error| bad_address(&error))?);
    let scope = if read_only {
        KnownScope::ADMIN_READ
    } else {
        KnownScope::ADMIN
    };
    let details: StandardDeviceAuthorizationResponse = client
        .exchange_device_code()
        .add_scope(Scope::new(scope.to_owned()))
        .add_scope(Scope::new("offline_access".to_owned()))
        .add_extra_param("resource", format!("{}/api/v1", context.server))
        .request_async(&send)
        .await
        .map_err(|error| refused(&error))?;
    output::tell(&format!(
        "Open {} in a browser and enter the code {}.",
        details.verification_uri().as_str(),
        details.user_code().secret()
    ));
    let token = client
        .exchange_device_access_token(&details)
        .request_async(&send, tokio::time::sleep, None)
        .await
        .map_err(|error| refused(&error))?;
    context.access_token = Secret::new(token.access_token().secret().clone());
    context.refresh_token = token.refresh_token().map(|token| Secret::new(token.secret().clone()));
    context.expires_at = token.expires_in().map(|lifetime| now() + lifetime.as_secs());
    Ok(())
}

/// A context with a new access token.
pub(super) async fn refreshed(client: &reqwest::Client, name: &str, context: &Context) -> Result<Context, CliError> {
    let again = || {
        CliError::Input(format!(
            "the sign-in has ended; run `wardkey login --context {name}` again"
        ))
    };
    let refresh_token = context.refresh_token.as_ref().ok_or_else(again)?;
    let send = |request: HttpRequest| exchange(client.clone(), request);
    let token = BasicClient::new(ClientId::new(context.client_id.clone()))
        .set_auth_type(AuthType::RequestBody)
        .set_token_uri(TokenUrl::new(format!("{}/token", context.issuer)).map_err(|error| bad_address(&error))?)
        .exchange_refresh_token(&RefreshToken::new(refresh_token.expose().clone()))
        .request_async(&send)
        .await
        .map_err(|_| again())?;
    Ok(Context {
        access_token: Secret::new(token.access_token().secret().clone()),
        refresh_token: token
            .refresh_token()
            .map(|token| Secret::new(token.secret().clone()))
            .or_else(|| context.refresh_token.clone()),
        expires_at: token.expires_in().map(|lifetime| now() + lifetime.as_secs()),
        ..context.clone()
    })
}

/// The server's own words where it has some; the crate's are about the place where it noticed.
fn refused<E, T>(error: &oauth2::RequestTokenError<E, T>) -> CliError
where
    E: std::error::Error + 'static,
    T: oauth2::ErrorResponse + std::fmt::Display + 'static,
{
    let text = match error {
        oauth2::RequestTokenError::ServerResponse(answer) => answer.to_string(),
        oauth2::RequestTokenError::Request(error) => error.to_string(),
        other => other.to_string(),
    };
    CliError::Failed(format!("signing in did not work: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_travel_encrypted_or_on_this_machine() {
        for fine in [
            "https://auth.example.org",
            "http://localhost:8080",
            "http://127.0.0.1:8080",
            "http://[::1]:8080",
        ] {
            check_server(fine).unwrap();
        }
        for wrong in [
            "http://auth.example.org",
            "http://localhost.example.org",
            "http://127.0.0.1@auth.example.org",
            "ftp://localhost",
            "auth.example.org",
        ] {
            assert!(check_server(wrong).is_err(), "{wrong}");
        }
    }
}
