//! Child processes that cannot outlive the tests, however these end.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Lines};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Runs the command, waits until the pipe from the test process closes, then ends the command, what it started, and itself.
///
/// The pipe closes when [`Guarded`] is dropped and also when the test process is killed, since the kernel closes it then.
/// `$1` is a signal to try first, `$2` a folder to remove at the end, the rest is the command.
const GUARD: &str = r#"
signal=$1; folder=$2; shift 2
"$@" </dev/null &
child=$!
exec >/dev/null
cat >/dev/null
kill -s "$signal" "$child" 2>/dev/null && wait "$child" 2>/dev/null
[ -z "$folder" ] || rm -rf -- "$folder"
kill -s KILL 0
"#;

/// A process in a group of its own, ended when this is dropped or when the test process ends.
#[derive(Debug)]
pub struct Guarded {
    guard: Child,
    stdin: Option<ChildStdin>,
    stdout: Option<Lines<BufReader<ChildStdout>>>,
}

/// How to start a [`Guarded`] process.
#[derive(Debug)]
pub struct Plan {
    signal: &'static str,
    folder: String,
    user: Option<(u32, u32)>,
}

impl Plan {
    /// Killed outright at the end.
    pub fn killed() -> Self {
        Self {
            signal: "KILL",
            folder: String::new(),
            user: None,
        }
    }

    /// Asked to stop with `signal` ("QUIT", "TERM"), and waited for.
    pub fn stopped_by(signal: &'static str) -> Self {
        Self {
            signal,
            ..Self::killed()
        }
    }

    /// Removes `folder` after the end.
    pub fn removing(self, folder: &Path) -> Self {
        Self {
            folder: folder.to_str().expect("a path in UTF-8").to_owned(),
            ..self
        }
    }

    /// Runs as this user and group.
    pub fn running_as(self, user: Option<(u32, u32)>) -> Self {
        Self { user, ..self }
    }

    /// Starts `program`.
    pub fn spawn<S: AsRef<OsStr>>(self, program: impl AsRef<OsStr>, args: impl IntoIterator<Item = S>) -> Guarded {
        let mut command = Command::new("sh");
        command
            .args(["-c", GUARD, "guard", self.signal, &self.folder])
            .arg(program)
            .args(args);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0);
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid).current_dir("/");
        }
        let mut guard = command.spawn().expect("sh starts");
        let stdin = guard.stdin.take();
        let stdout = guard.stdout.take().map(|stdout| BufReader::new(stdout).lines());
        Guarded { guard, stdin, stdout }
    }
}

impl Guarded {
    /// The first line of the process's output that `accept` takes; nothing if the output ends before.
    pub fn find_line<T>(&mut self, accept: impl FnMut(String) -> Option<T>) -> Option<T> {
        self.stdout.as_mut()?.map_while(Result::ok).find_map(accept)
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.guard.wait();
    }
}
