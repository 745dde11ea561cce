//! The command, as operators run it: results, messages, exit codes.

use serde_json::Value;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

struct Operator {
    folder: TempDir,
}

impl Operator {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let config = format!(
            "[server]\npublic_url = \"https://auth.test\"\n[database]\ncontrol = \"sqlite:{}\"\nshared = \"sqlite:{}\"\n\
             dedicated_folder = \"{}\"\n[keys]\nmaster_key_file = \"{}\"\n[passwords]\nmemory_kib = 1024\niterations = 1\n",
            path("control.db"),
            path("tenants.db"),
            path("dedicated"),
            path("master.key"),
        );
        std::fs::write(folder.path().join("wardkey.toml"), config).unwrap();
        Self { folder }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.run_with_input(arguments, "")
    }

    fn run_with_input(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_wardkey"))
            .arg("--config")
            .arg(self.folder.path().join("wardkey.toml"))
            .args(["-o", "json"])
            .args(arguments)
            .env_remove("WARDKEY_MASTER_KEY")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).unwrap()
    }

    #[track_caller]
    fn refused(&self, arguments: &[&str], code: i32) -> String {
        let output = self.run(arguments);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {message}");
        assert!(output.stdout.is_empty(), "a failure prints no result");
        message
    }
}

#[test]
fn a_tenant_is_set_up_by_typing_and_typing_it_again_changes_nothing() {
    let operator = Operator::new();
    let create = ["tenant", "create", "northside", "--name", "Northside General"];
    let first = operator.json(&create);
    assert_eq!(first["change"], "created");
    assert_eq!(first["issuer"], "https://auth.test/northside/auth");
    assert_eq!(operator.json(&create)["change"], "unchanged");
    assert_eq!(operator.json(&["tenant", "list"])[0]["slug"], "northside");
    assert_eq!(operator.json(&["tenant", "show", "northside"])["id"], first["id"]);
    let client = [
        "client",
        "create",
        "--tenant",
        "northside",
        "--id",
        "app",
        "--name",
        "App",
        "--redirect-uri",
        "https://app.test/cb",
        "--auth-method",
        "client_secret_basic",
    ];
    let registered = operator.json(&client);
    assert!(registered["client_secret"].as_str().unwrap().starts_with("wks_"));
    let again = operator.json(&client);
    assert_eq!(again["change"], "unchanged");
    assert!(again.get("client_secret").is_none(), "a secret is shown once");
    operator.json(&["idp", "add-local", "--tenant", "northside", "--name", "Staff"]);
    let user = [
        "user",
        "create",
        "--tenant",
        "northside",
        "--username",
        "ada",
        "--password-file",
        "-",
        "--fhir-user",
        "Practitioner/ada",
    ];
    let output = operator.run_with_input(&user, "correct horse battery\n");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(
        operator.json(&["idp", "list", "--tenant", "northside"])[0]["kind"],
        "local"
    );
}

#[test]
fn the_name_of_a_connection_may_stand_alone() {
    let operator = Operator::new();
    operator.json(&["tenant", "create", "northside", "--name", "Northside"]);
    operator.json(&["idp", "add-local", "--tenant", "northside", "--name", "Staff"]);
    let switch =
        |names: &[&str]| operator.run(&[&["idp", "switch-on", "--untested", "--tenant", "northside"], names].concat());
    for names in [&["--alias", "local"][..], &["--id", "local"], &["local"]] {
        let output = switch(names);
        assert!(output.status.success(), "{names:?}: {output:?}");
    }
    for names in [&[][..], &["local", "--alias", "local"]] {
        assert_eq!(switch(names).status.code(), Some(2), "{names:?}");
    }
}

#[test]
fn keys_rotate_and_the_old_ones_stay_published() {
    let operator = Operator::new();
    operator.json(&["tenant", "create", "northside", "--name", "Northside"]);
    let before = operator.json(&["keys", "list", "--tenant", "northside"]);
    let after = operator.json(&["keys", "rotate", "--tenant", "northside"]);
    let kids = |keys: &Value| -> Vec<String> {
        keys.as_array()
            .unwrap()
            .iter()
            .map(|key| key["kid"].as_str().unwrap().to_owned())
            .collect()
    };
    assert!(kids(&before).iter().all(|kid| kids(&after).contains(kid)));
    assert_eq!(
        after
            .as_array()
            .unwrap()
            .iter()
            .filter(|key| key["state"] == "retiring")
            .count(),
        2
    );
}

#[test]
fn an_upstream_provider_is_connected_with_rules_that_are_checked_at_once() {
    let operator = Operator::new();
    operator.json(&["tenant", "create", "northside", "--name", "Northside"]);
    let base = [
        "idp",
        "add-oidc",
        "--tenant",
        "northside",
        "--alias",
        "staff",
        "--name",
        "Staff",
        "--issuer",
        "https://idp.test",
        "--client-id",
        "wardkey",
        "--client-secret-file",
        "-",
    ];
    let good = [base.as_slice(), &["--map", "fhirUser=\"Practitioner/\" + claims.npi"]].concat();
    let output = operator.run_with_input(&good, "secret");
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        result["redirect_uri"],
        "https://auth.test/northside/auth/federation/staff/callback"
    );
    let bad = [base.as_slice(), &["--map", "fhirUser=claims.npi +"]].concat();
    let output = operator.run_with_input(&bad, "secret");
    assert_eq!(output.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&output.stderr).contains("fhirUser"));
}

#[test]
fn mapping_rules_begin_with_a_template_are_changed_and_tried_out() {
    let operator = Operator::new();
    operator.json(&["tenant", "create", "northside", "--name", "Northside"]);
    let templates = operator.json(&["idp", "templates"]);
    assert!(
        templates
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["product"] == "entra")
    );
    let at = ["--tenant", "northside", "--alias", "staff"];
    let add = [
        &["idp", "add-oidc"],
        at.as_slice(),
        &[
            "--name",
            "Staff",
            "--issuer",
            "https://idp.test",
            "--client-id",
            "wardkey",
        ],
    ]
    .concat();
    let of_entra = [add.as_slice(), &["--template", "entra"]].concat();
    operator.json(&of_entra);
    let shown = operator.json(&["idp", "show", "--tenant", "northside", "--alias", "staff"]);
    assert_eq!(shown["alias"], "staff");
    let map = |more: &[&'static str]| [&["idp", "map"], at.as_slice(), more].concat();
    assert_eq!(operator.json(&map(&[]))["subject"], "claims.oid");
    let more = [
        "--map",
        "email=",
        "--group-role",
        "CN=Nurses,OU=Groups=nurse",
        "--fhir-user-table",
        "staff=claims.sub",
    ];
    let changed = operator.json(&map(&more));
    assert_eq!(changed["change"], "updated");
    assert_eq!(changed["mapping"]["groupRoles"]["CN=Nurses,OU=Groups"][0], "nurse");
    assert!(changed["mapping"].get("email").is_none());
    let set = [
        "idp",
        "fhir-users",
        "set",
        "--tenant",
        "northside",
        "--list",
        "staff",
        "--file",
        "-",
    ];
    let output = operator.run_with_input(&set, "s-1,Practitioner/1\n\ns-2, Practitioner/2\n");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let listed = operator.json(&["idp", "fhir-users", "list", "--tenant", "northside", "--list", "staff"]);
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let dry = map(&["--dry-run", "--claims", "-"]);
    let said = r#"{ "oid": "o-1", "sub": "s-2", "name": "Ada", "groups": ["CN=Nurses,OU=Groups"] }"#;
    let output = operator.run_with_input(&dry, said);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["identity"]["fhirUser"], "Practitioner/2");
    assert_eq!(report["identity"]["roles"][0], "nurse");
    let output = operator.run_with_input(&dry, "{}");
    assert_eq!(
        output.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let removed = operator.json(&[
        "idp",
        "fhir-users",
        "remove",
        "--tenant",
        "northside",
        "--list",
        "staff",
        "s-2",
    ]);
    assert_eq!(removed["removed"], 1);
    assert_eq!(
        operator.json(&["idp", "fhir-users", "list", "--tenant", "northside"])[0]["entries"],
        1
    );
    assert_eq!(
        operator.json(&["idp", "trace", "list", "--tenant", "northside"]),
        serde_json::json!([])
    );
    let nothing = [
        "idp",
        "trace",
        "show",
        "--tenant",
        "northside",
        "trc_00000000000000000000000000000000",
    ];
    operator.refused(&nothing, 3);
    operator.refused(&map(&["--template", "nobodys"]), 4);
    operator.refused(&map(&["--link", "nowhere=claims.sub"]), 4);
}

#[test]
fn each_failure_has_its_exit_code_and_says_what_to_do() {
    let operator = Operator::new();
    assert!(operator.refused(&["tenant", "show", "nobody"], 3).contains("nobody"));
    assert!(
        operator
            .refused(&["tenant", "create", "Bad_Slug", "--name", "x"], 4)
            .contains("a-z")
    );
    assert!(
        operator
            .refused(&["tenant", "create", "admin", "--name", "x"], 4)
            .contains("reserved")
    );
    operator.refused(&["tenant", "frobnicate"], 2);
    operator.json(&["tenant", "create", "northside", "--name", "Northside"]);
    let bad = [
        "client",
        "create",
        "--tenant",
        "northside",
        "--id",
        "app",
        "--name",
        "App",
        "--redirect-uri",
        "http://app.test/cb",
    ];
    assert!(operator.refused(&bad, 4).contains("redirect_uris"));
    assert!(
        operator
            .refused(
                &[
                    "tenant",
                    "create",
                    "northside",
                    "--name",
                    "x",
                    "--placement",
                    "dedicated"
                ],
                4
            )
            .contains("placement")
    );
}

#[test]
fn the_first_start_makes_a_private_master_key_and_says_where() {
    use std::os::unix::fs::PermissionsExt as _;
    let operator = Operator::new();
    let output = operator.run(&["tenant", "list"]);
    let path = operator.folder.path().join("master.key");
    assert!(String::from_utf8_lossy(&output.stderr).contains(path.to_str().unwrap()));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(operator.refused(&["tenant", "list"], 1).contains("chmod 600"));
}

#[test]
fn the_configuration_is_checked_without_starting() {
    let operator = Operator::new();
    assert!(operator.run(&["config", "check"]).status.success());
    std::fs::write(
        operator.folder.path().join("wardkey.toml"),
        "[server]\npublic_url = \"http://auth.test\"\n",
    )
    .unwrap();
    assert!(operator.refused(&["config", "check"], 4).contains("https"));
    std::fs::write(operator.folder.path().join("wardkey.toml"), "[server]\nport = 1\n").unwrap();
    assert!(operator.refused(&["config", "check"], 4).contains("port"));
}

#[test]
fn the_demonstration_describes_itself_without_running() {
    let output = Command::new(env!("CARGO_BIN_EXE_wardkey"))
        .args(["demo", "--describe", "--listen", "127.0.0.1:9999"])
        .output()
        .unwrap();
    let world: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(world["base_url"], "http://localhost:9999");
    for tenant in world["tenants"].as_array().unwrap() {
        assert!(tenant["issuer"].is_string() && tenant["fhir_base"].is_string());
        assert!(!tenant["users"].as_array().unwrap().is_empty());
        assert!(!tenant["clients"].as_array().unwrap().is_empty());
        assert!(!tenant["identity_providers"].as_array().unwrap().is_empty());
    }
}

#[test]
fn checking_the_configuration_reads_everything_it_names() {
    let operator = Operator::new();
    let path = operator.folder.path().join("wardkey.toml");
    let good = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, good.replace("control = \"sqlite:", "control = \"mysql:")).unwrap();
    assert!(operator.refused(&["config", "check"], 4).contains("postgres://"));
    std::fs::write(&path, &good).unwrap();
    assert!(operator.run(&["config", "check"]).status.success());
    let left: Vec<_> = std::fs::read_dir(operator.folder.path()).unwrap().flatten().collect();
    assert_eq!(left.len(), 1, "a check makes neither keys nor databases: {left:?}");
    std::fs::write(operator.folder.path().join("master.key"), "x").unwrap();
    assert!(operator.refused(&["config", "check"], 1).contains("master.key"));
}

#[test]
fn a_lost_master_key_is_not_replaced_in_silence() {
    let operator = Operator::new();
    operator.json(&["tenant", "create", "northside", "--name", "Northside"]);
    let key = operator.folder.path().join("master.key");
    let backup = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    assert!(
        operator
            .refused(&["tenant", "list"], 1)
            .contains("restore the master key")
    );
    std::fs::write(&key, backup).unwrap();
    assert_eq!(operator.json(&["tenant", "list"])[0]["slug"], "northside");
}

#[test]
fn a_second_rotation_waits_unless_it_is_an_emergency() {
    let operator = Operator::new();
    operator.json(&["tenant", "create", "northside", "--name", "Northside"]);
    let rotate = ["keys", "rotate", "--tenant", "northside"];
    operator.json(&rotate);
    assert!(operator.refused(&rotate, 4).contains("emergency"));
    let keys = operator.json(&["keys", "rotate", "--tenant", "northside", "--emergency"]);
    let keys = keys.as_array().unwrap();
    assert!(keys.iter().all(|key| key["state"] != "retiring"), "{keys:?}");
    operator.refused(&["keys", "rotate", "--tenant", "northside", "--algorithm", "HS256"], 4);
}

/// One request over a connection of its own, and the whole answer.
fn fetch(address: &str, path: &str) -> String {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: elsewhere.test\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    std::io::read_to_string(stream).unwrap()
}

#[test]
fn the_server_says_where_it_is_counts_and_stops_when_asked() {
    let operator = Operator::new();
    let mut server = Command::new(env!("CARGO_BIN_EXE_wardkey"))
        .arg("--config")
        .arg(operator.folder.path().join("wardkey.toml"))
        .args(["serve", "--listen", "127.0.0.1:0"])
        .env("WARDKEY_SERVER__METRICS_LISTEN", "127.0.0.1:0")
        .env_remove("WARDKEY_MASTER_KEY")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut messages = BufReader::new(server.stderr.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let mut told = |before: &str, after: char| {
        let line = messages.find(|line| line.starts_with(before)).expect(before);
        line[before.len()..].split(after).next().unwrap().to_owned()
    };
    let metrics = told("Metrics are at http://", '/');
    let address = told("Listening on ", ';');
    assert!(fetch(&address, "/readyz").starts_with("HTTP/1.1 200"));
    assert!(fetch(&address, "/northside/auth/jwks?code=private").starts_with("HTTP/1.1 404"));
    let counted = fetch(&metrics, "/metrics");
    assert!(
        counted.contains("wardkey_requests_total{route=\"/readyz\",status=\"2xx\"} 1"),
        "{counted}"
    );
    assert!(counted.contains("route=\"/{tenant}/auth/jwks\""), "{counted}");
    assert!(!counted.contains("northside") && !counted.contains("private"));
    let killed = Command::new("kill")
        .args(["-TERM", &server.id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    told("Stopped; every database is closed", '.');
    assert!(server.wait().unwrap().success());
}

#[test]
fn an_app_is_switched_off_approved_again_and_removed() {
    let operator = Operator::new();
    operator.json(&["tenant", "create", "clinic", "--name", "Clinic"]);
    operator.json(&[
        "client",
        "create",
        "--tenant",
        "clinic",
        "--id",
        "app",
        "--name",
        "App",
        "--redirect-uri",
        "https://app.test/callback",
    ]);
    let status = |command: &str| operator.json(&["client", command, "--tenant", "clinic", "app"])["status"].clone();
    assert_eq!(status("disable"), "disabled");
    assert_eq!(status("approve"), "enabled");
    let token = operator.json(&[
        "client",
        "registration-token",
        "--tenant",
        "clinic",
        "--label",
        "vendor",
    ]);
    assert!(token["initial_access_token"].as_str().unwrap().starts_with("wkn_"));
    operator.json(&["client", "delete", "--tenant", "clinic", "app"]);
    operator.refused(&["client", "show", "--tenant", "clinic", "app"], 3);
}

#[test]
fn brands_are_checked_published_and_shown() {
    let operator = Operator::new();
    operator.json(&["tenant", "create", "northside", "--name", "Northside General"]);
    let file = operator.folder.path().join("brands.json");
    let name = file.display().to_string();
    let brands = r#"{"developer_url": "https://developers.north.example", "brands": [{"id": "main", "name": "Northside",
        "website": "https://www.north.example", "identifiers": [{"value": "north"}]}]}"#;
    std::fs::write(&file, brands).unwrap();
    let checked = operator.json(&["brand", "check", "--tenant", "northside", "--file", &name]);
    assert_eq!(checked["endpoints"][0]["address"], "https://auth.test/northside/fhir");
    assert_eq!(
        operator.json(&["brand", "show", "--tenant", "northside"])["brands"],
        serde_json::json!([])
    );
    let set = ["brand", "set", "--tenant", "northside", "--file", &name];
    let published = operator.json(&set);
    assert_eq!(published["change"], "created");
    assert_eq!(published["bundle"], "https://auth.test/northside/brands.json");
    assert_eq!(operator.json(&set)["change"], "unchanged");
    assert_eq!(operator.json(&["brand", "show", "--tenant", "northside"]), checked);
    std::fs::write(&file, brands.replace("https://www.north.example", "www.north.example")).unwrap();
    let message = operator.refused(&set, 4);
    assert!(
        message.contains("brands[0].website: is not an https address"),
        "{message}"
    );
}

#[test]
fn the_capability_statement_fragment_is_printed_for_the_fhir_servers_operator() {
    let operator = Operator::new();
    operator.json(&["tenant", "create", "northside", "--name", "Northside General"]);
    let fragment = operator.json(&["tenant", "capability-statement", "--tenant", "northside"]);
    let extension = &fragment["rest"][0]["security"]["extension"][0]["extension"];
    assert_eq!(extension[0]["valueUri"], "https://auth.test/northside/auth/authorize");
    let unknown = [
        "tenant",
        "capability-statement",
        "--tenant",
        "northside",
        "--fhir-base",
        "https://elsewhere.test",
    ];
    operator.refused(&unknown, 3);
}

#[test]
fn the_patient_directory_is_set_shown_and_checked_by_typing() {
    let operator = Operator::new();
    operator.json(&["tenant", "create", "northside", "--name", "Northside General"]);
    let directory = |arguments: &[&str]| {
        let (first, rest) = arguments.split_first().unwrap();
        let mut all = vec!["patient-directory".to_owned(), (*first).to_owned()];
        all.extend(["--tenant", "northside"].map(str::to_owned));
        all.extend(rest.iter().map(ToString::to_string));
        all
    };
    let run = |arguments: &[&str]| {
        let all = directory(arguments);
        operator.run(&all.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let set = ["set", "--fhir-base", "https://127.0.0.1:1/r4", "--auth", "none"];
    assert!(run(&set).status.success());
    let shown: Value = serde_json::from_slice(&run(&["show"]).stdout).unwrap();
    assert_eq!(
        (&shown["auth"], &shown["secret"]),
        (&Value::from("none"), &Value::from(false))
    );
    let query = "general-practitioner={fhirUser}";
    assert!(
        run(&["restrict", "--role", "physician", "--query", query])
            .status
            .success()
    );
    let shown: Value = serde_json::from_slice(&run(&["show"]).stdout).unwrap();
    assert_eq!(shown["restriction"], query);
    assert_eq!(run(&["restrict", "--query", "_count=1"]).status.code(), Some(4));
    // Nothing that could be a secret is taken from an argument, and what is missing is named.
    let incomplete = run(&["set", "--auth", "client-secret", "--client-id", "wardkey"]);
    assert_eq!(incomplete.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&incomplete.stderr).contains("--token-endpoint"));
    // The address is a private one, which is never asked.
    let checked = run(&["check"]);
    assert_eq!(checked.status.code(), Some(1));
    let steps: Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert_eq!(
        (&steps[2]["step"], &steps[2]["outcome"]),
        (&Value::from("search"), &Value::from("failed"))
    );
}

#[test]
fn settings_are_changed_one_by_one_and_checked_together() {
    let operator = Operator::new();
    operator.json(&["tenant", "create", "northside", "--name", "Northside"]);
    let set = |members: &[&str]| operator.json(&[&["tenant", "set", "--tenant", "northside"], members].concat());
    let settings = || operator.json(&["tenant", "show", "--tenant", "northside"])["settings"].clone();
    let changed = set(&[
        "role_ceilings.ward.nurse=user/Observation.cruds",
        "granular_parameters=category,Observation?code:in",
        "lifetimes.access_token=600",
        "help_contact=helpdesk@north.test",
        "display_name=North",
    ]);
    assert_eq!(changed["change"], "updated");
    let after = settings();
    assert_eq!(after["role_ceilings"]["ward.nurse"], "user/Observation.cruds");
    assert_eq!(after["granular_parameters"][1], "Observation?code:in");
    assert_eq!(after["lifetimes"]["access_token"], 600);
    assert_eq!(operator.json(&["tenant", "show", "northside"])["display_name"], "North");
    assert_eq!(set(&["lifetimes.access_token=600"])["change"], "unchanged");
    // Creating it again does not forget what was set.
    operator.json(&["tenant", "create", "northside", "--name", "North"]);
    assert_eq!(settings(), after);
    set(&["role_ceilings.ward.nurse=", "help_contact="]);
    assert_eq!(settings()["role_ceilings"], serde_json::json!({}));
    assert_eq!(settings()["help_contact"], Value::Null);
}

#[test]
fn one_wrong_setting_changes_nothing_and_is_named() {
    let operator = Operator::new();
    operator.json(&["tenant", "create", "northside", "--name", "Northside"]);
    let before = operator.json(&["tenant", "show", "northside"]);
    for (member, named) in [
        ("scope_ceiling=patient/*.x", "scope_ceiling"),
        ("role_ceilings.nurse=openid", "role_ceilings"),
        ("patient_ceiling=system/*.rs", "patient_ceiling"),
        ("granular_parameters=_count", "granular_parameters"),
        ("lifetimes.access_token=soon", "lifetimes.access_token"),
        ("lifetimes.access_token=999999", "access_token"),
        ("lifetimes.nothing=1", "lifetimes.nothing"),
        ("frobnicate=1", "frobnicate"),
        ("scopes_v1=perhaps", "scopes_v1"),
        ("help_contact", "MEMBER=VALUE"),
    ] {
        let arguments = [
            "tenant",
            "set",
            "--tenant",
            "northside",
            "privacy_url=https://north.test/privacy",
            member,
        ];
        assert!(operator.refused(&arguments, 4).contains(named), "{member}");
    }
    assert_eq!(operator.json(&["tenant", "show", "northside"]), before);
    operator.refused(&["tenant", "set", "--tenant", "nobody", "help_contact=x"], 3);
    operator.refused(&["tenant", "set", "--tenant", "northside"], 2);
}

#[test]
fn what_nobody_gave_out_cannot_be_explained_and_is_not_repeated() {
    let operator = Operator::new();
    operator.json(&["tenant", "create", "northside", "--name", "Northside"]);
    let told = operator.refused(&["explain", "--tenant", "northside", "some-secret-text"], 3);
    assert!(
        told.contains("northside") && !told.contains("some-secret-text"),
        "{told}"
    );
    let output = operator.run_with_input(&["explain", "--tenant", "northside", "-"], "some-secret-text\n");
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn inferno_is_registered_at_any_tenant_and_what_is_printed_is_its_presets() {
    let operator = Operator::new();
    for slug in ["northside", "lakeside"] {
        operator.json(&["tenant", "create", slug, "--name", "A hospital"]);
    }
    let run = ["inferno", "--tenant", "northside", "--tenant", "lakeside"];
    let presets = operator.json(&run);
    assert_eq!(presets.as_array().unwrap().len(), 18);
    assert_eq!(presets[0]["inputs"][0]["value"], "https://auth.test/northside/fhir");
    let client = operator.json(&["client", "show", "--tenant", "lakeside", "inferno-asymmetric"]);
    assert_eq!(
        client["jwks_uri"],
        "http://localhost:4567/custom/smart_stu2/.well-known/jwks.json"
    );
    // The kits sign with different keys.
    let client = operator.json(&["client", "show", "--tenant", "lakeside", "inferno-bulk"]);
    assert_eq!(
        client["jwks_uri"],
        "http://localhost:4567/custom/g10_certification/.well-known/jwks.json"
    );
    // Running it again works and makes new secrets.
    assert_ne!(operator.json(&run), presets);
    let message = operator.refused(&["inferno", "--tenant", "northside", "--inferno", "localhost"], 4);
    assert!(message.contains("http://localhost:4567"), "{message}");
}

#[test]
fn members_of_an_app_are_set_one_by_one_and_nothing_else_changes() {
    let operator = Operator::new();
    operator.json(&["tenant", "create", "northside", "--name", "Northside General"]);
    let client = [
        "client",
        "create",
        "--tenant",
        "northside",
        "--id",
        "app",
        "--name",
        "App",
        "--redirect-uri",
        "https://app.test/cb",
        "--auth-method",
        "client_secret_basic",
        "--publisher",
        "Maker",
    ];
    operator.json(&client);
    let show = ["client", "show", "--tenant", "northside", "app"];
    let before = operator.json(&show);
    let set = |members: &[&'static str]| {
        let mut arguments = vec!["client", "set", "--tenant", "northside", "app"];
        arguments.extend(members);
        arguments
    };
    // The same again changes nothing: what is read is what is sent.
    assert_eq!(operator.json(&set(&["client_name=App"]))["change"], "unchanged");
    let dry = operator.json(&set(&["client_name=Another", "--dry-run"]));
    assert_eq!(dry["client_name"], "Another");
    assert_eq!(operator.json(&show), before);
    let members = [
        "scope=openid patient/*.rs",
        "redirect_uris=https://app.test/1,https://app.test/2",
        "default_max_age=600",
        "verified=false",
        "publisher=",
    ];
    let told = operator.json(&set(&members));
    assert_eq!(told["change"], "updated");
    assert!(told.get("client_secret").is_none(), "the secret stays");
    let mut expected = before.clone();
    expected["scope"] = "openid patient/*.rs".into();
    expected["redirect_uris"] = serde_json::json!(["https://app.test/1", "https://app.test/2"]);
    expected["default_max_age"] = 600.into();
    expected["verified"] = false.into();
    expected.as_object_mut().unwrap().remove("publisher");
    let mut after = operator.json(&show);
    if after["publisher"].is_null() {
        after.as_object_mut().unwrap().remove("publisher");
    }
    assert_eq!(after, expected);
    // All of them or none.
    operator.refused(&set(&["client_name=Third", "redirect_uris=not-an-address"]), 4);
    operator.refused(&set(&["client_nmae=Third"]), 4);
    operator.refused(&set(&["status=disabled"]), 4);
    assert_eq!(operator.json(&show)["client_name"], "App");
}
