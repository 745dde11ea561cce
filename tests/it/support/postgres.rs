//! One throw-away PostgreSQL cluster per test process, without containers.
//!
//! The server listens on a Unix socket in a temporary folder only, keeps nothing safe from a power cut, and ends with the test
//! process. The role that tests connect as is what a careful operator gives Wardkey: it may create databases and owns them, it
//! is no superuser and cannot bypass row-level security.

use super::absent;
use super::guarded::{Guarded, Plan};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

/// The variable that names a running server instead: a URL of a role that may create databases and is no superuser.
const SERVER_URL: &str = "WARDKEY_TEST_POSTGRES";

static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();

/// A database of its own for one test, dropped with this value.
#[derive(Debug)]
pub struct PostgresDatabase {
    name: String,
    url: String,
}

impl PostgresDatabase {
    /// The address to connect to, as the role `wardkey`.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        if let Some(Ok(server)) = SERVER.get() {
            let _ = server.janitor.send(std::mem::take(&mut self.name));
        }
    }
}

/// An empty database, or nothing where PostgreSQL is absent (which is reported).
pub async fn database() -> Option<PostgresDatabase> {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let server = server()?;
    let name = format!(
        "wardkey_test_{}_{}",
        std::process::id(),
        COUNTER.fetch_add(1, Ordering::Relaxed)
    );
    let mut connection = PgConnection::connect(&server.url("postgres"))
        .await
        .expect("the test server answers");
    connection
        .execute(AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .await
        .expect("the role may create databases");
    connection.close().await.expect("the connection closes");
    Some(PostgresDatabase {
        url: server.url(&name),
        name,
    })
}

/// The server that all tests of this process share.
fn server() -> Option<&'static Server> {
    match SERVER.get_or_init(Server::start) {
        Ok(server) => Some(server),
        Err(reason) => {
            absent::report("PostgreSQL", reason);
            None
        }
    }
}

#[derive(Debug)]
struct Server {
    base: url::Url,
    janitor: Sender<String>,
    _process: Option<Guarded>,
}

impl Server {
    fn start() -> Result<Self, String> {
        if let Ok(given) = std::env::var(SERVER_URL) {
            let base = url::Url::parse(&given).map_err(|error| format!("{SERVER_URL} is not a URL: {error}"))?;
            return Ok(Self {
                janitor: janitor(base.clone()),
                base,
                _process: None,
            });
        }
        let binaries = find_binaries().ok_or("no initdb and postgres on the PATH or in /usr/lib/postgresql")?;
        let user = unprivileged_user()?;
        // A short path: the socket's address has at most 107 bytes.
        let folder = tempfile::Builder::new()
            .prefix("wkpg")
            .tempdir_in("/tmp")
            .expect("a temporary folder")
            .keep();
        if let Some((uid, gid)) = user {
            std::os::unix::fs::chown(&folder, Some(uid), Some(gid)).expect("root gives a folder away");
        }
        let data = folder.join("data");
        let arguments = ["-N", "-A", "trust", "-E", "UTF8", "--locale=C", "-U", "postgres", "-D"];
        run(command(&binaries.join("initdb"), user).args(arguments).arg(&data), "")?;
        run(
            command(&binaries.join("postgres"), user)
                .args(["--single", "-D"])
                .arg(&data)
                .arg("postgres"),
            "CREATE ROLE wardkey LOGIN CREATEDB NOSUPERUSER NOBYPASSRLS\n",
        )?;
        let process = Plan::stopped_by("QUIT").removing(&folder).running_as(user).spawn(
            binaries.join("postgres"),
            [
                "-D",
                data.to_str().expect("a path in UTF-8"),
                "-k",
                folder.to_str().expect("a path in UTF-8"),
                "-c",
                "listen_addresses=",
                "-c",
                "max_connections=300",
                "-c",
                "fsync=off",
                "-c",
                "synchronous_commit=off",
                "-c",
                "full_page_writes=off",
                "-c",
                "autovacuum=off",
                "-c",
                "wal_level=minimal",
                "-c",
                "max_wal_senders=0",
            ],
        );
        wait_until_it_answers(&folder.join(".s.PGSQL.5432"))?;
        let mut base = url::Url::parse("postgres://wardkey@localhost/postgres").expect("a URL");
        base.query_pairs_mut()
            .append_pair("host", folder.to_str().expect("a path in UTF-8"));
        Ok(Self {
            janitor: janitor(base.clone()),
            base,
            _process: Some(process),
        })
    }

    fn url(&self, database: &str) -> String {
        let mut url = self.base.clone();
        url.set_path(database);
        url.into()
    }
}

/// Drops databases when their tests have ended, on a thread of its own since a destructor cannot wait for an answer.
fn janitor(base: url::Url) -> Sender<String> {
    let (sender, names) = channel::<String>();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        for name in names {
            runtime.block_on(async {
                if let Ok(mut connection) = PgConnection::connect(base.as_str()).await {
                    let _ = connection
                        .execute(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)")))
                        .await;
                    let _ = connection.close().await;
                }
            });
        }
    });
    sender
}

/// The folder that holds `initdb` and `postgres`: on the PATH, or where Debian keeps it (the newest version wins).
fn find_binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    versions.sort_by_key(|path| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok()));
    let debian = versions.into_iter().rev().map(|version| version.join("bin"));
    debian
        .chain(std::env::split_paths(&path))
        .chain([PathBuf::from("/usr/local/bin")])
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

/// PostgreSQL refuses to run as root: then it runs as `postgres`, or else as `nobody`.
fn unprivileged_user() -> Result<Option<(u32, u32)>, String> {
    let id = |arguments: &[&str]| -> Option<u32> {
        let output = Command::new("id").args(arguments).stderr(Stdio::null()).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    if id(&["-u"]) != Some(0) {
        return Ok(None);
    }
    ["postgres", "nobody"]
        .into_iter()
        .find_map(|name| Some((id(&["-u", name])?, id(&["-g", name])?)))
        .map(Some)
        .ok_or_else(|| {
            "running as root, and there is neither a user postgres nor a user nobody to run it as".to_owned()
        })
}

fn command(program: &Path, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/").env("LC_ALL", "C");
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}

fn run(command: &mut Command, input: &str) -> Result<(), String> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{command:?} does not start: {error}"))?;
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(input.as_bytes())
        .map_err(|error| error.to_string())?;
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{command:?} failed: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    ))
}

/// The socket is there as soon as the server accepts connections; until it is ready for sessions it says so and closes, so the
/// first whole start-up answer is what counts. Ten seconds are many times what the slowest machine needed.
fn wait_until_it_answers(socket: &Path) -> Result<(), String> {
    use std::io::Read;
    for _ in 0..200 {
        if let Ok(mut stream) = std::os::unix::net::UnixStream::connect(socket) {
            // Start-up message, protocol 3.0: length, version, "user" = "postgres", end.
            let mut message = vec![0, 0, 0, 0, 0, 3, 0, 0];
            message.extend_from_slice(b"user\0postgres\0\0");
            message[3] = u8::try_from(message.len()).expect("a short message");
            let mut kind = [0];
            if stream
                .write_all(&message)
                .and_then(|()| stream.read_exact(&mut kind))
                .is_ok()
                && kind == *b"R"
            {
                return Ok(());
            }
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Err("the PostgreSQL that was started does not answer".to_owned())
}
