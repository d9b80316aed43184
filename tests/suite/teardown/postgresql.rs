//! The script of `pleach teardown` and the command of the teardown guide on a real `PostgreSQL` server.
//!
//! Skipped where `PostgreSQL` is not installed, unless `PLEACH_NEED_POSTGRESQL=1` says that it must be.

use crate::tests::kit::Workspace;
use crate::tests::teardown::script::{self, commands};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

/// Names of databases that try to inject SQL and shell commands. All belong to the branch `login` of the project `shop`.
const HOSTILE: [&str; 5] = [
    "shop_login\";--",
    "shop_login';DROP",
    "shop_login$(touch${IFS}pwned)`touch${IFS}pwned`",
    "shop_login\\\\$HOME:\"name\"=x",
    "shop-login-ÄÖ*?[a]",
];

/// A server on a socket in its folder, which stops when it is dropped.
struct Server {
    process: Child,
    folder: TempDir,
}

/// The folder with the programs of the newest version.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found = versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").is_file()).max();
    assert!(
        found.is_some() || std::env::var_os("PLEACH_NEED_POSTGRESQL").is_none(),
        "PostgreSQL is not installed in /usr/lib/postgresql"
    );
    found
}

/// A program of `PostgreSQL`, which does not run as root.
fn program(path: &std::path::Path) -> Command {
    let id = Command::new("id").arg("-u").output().unwrap();
    if id.stdout != b"0\n" {
        return Command::new(path);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(path);
    command
}

impl Server {
    fn start() -> Option<Self> {
        let bin = programs()?;
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let data = folder.path().join("data");
        let made = program(&bin.join("initdb"))
            .arg("-D")
            .arg(&data)
            .args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let process = program(&bin.join("postgres"))
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(folder.path())
            .args(["-c", "listen_addresses=", "-c", "fsync=off"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Server { process, folder };
        for _ in 0..600 {
            if server.psql("postgres", "SELECT 1").status.success() {
                return Some(server);
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("PostgreSQL does not answer");
    }

    fn psql(&self, database: &str, sql: &str) -> std::process::Output {
        let mut command = Command::new("psql");
        command.args(["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql]);
        command.envs(self.environment()).env("PGDATABASE", database).output().unwrap()
    }

    fn environment(&self) -> [(&'static str, String); 2] {
        [("PGHOST", self.folder.path().display().to_string()), ("PGUSER", "postgres".to_owned())]
    }

    /// Runs a statement that must succeed. Returns its rows.
    fn sql(&self, database: &str, sql: &str) -> Vec<String> {
        let done = self.psql(database, sql);
        assert!(done.status.success(), "{sql}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    fn databases(&self) -> Vec<String> {
        self.sql("postgres", "SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY datname COLLATE \"C\"")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An immediate shutdown ends all its processes.
        let _ = Command::new("kill").args(["-QUIT", &self.process.id().to_string()]).status();
        let _ = self.process.wait();
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[test]
fn databases_and_schemas_are_dropped_once_and_only_those_of_the_plan() {
    let Some(server) = Server::start() else { return };
    let w = Workspace::empty();
    let hostile = HOSTILE.map(|name| format!("database/cluster/{name}")).join(" ");
    w.write(
        "base/app.yaml.j2",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations: {pleach.dev/database: '{{ values.databases }}'}\ndata: {name: '{{ database.name }}', schema: '{{ database.schema }}'}\n",
    );
    let spec = |branches: &str| {
        let head = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nnamespace: 'shop-{{ branch.slug }}'\nbaseline: main\n";
        let head = format!(
            "{head}database: {{mode: schema, name: shop}}\ncleanup: {{databases: ['database/cluster/shop*']}}\ndefaults: {{values: {{databases: ''}}}}\n"
        );
        w.write("branches.yaml", format!("{head}branches:\n- {{name: main, database: {{mode: shared}}}}\n{branches}"));
        w.run(&["build"]).exits(0);
    };
    let login = format!("- name: login\n  values: {{databases: {}}}\n", serde_json::to_string(&hostile).unwrap());
    spec(&format!("{login}- {{name: search, database: {{mode: database}}}}\n"));
    spec("");
    for name in HOSTILE.iter().chain(&["shop", "shop_search", "shop_other", "DROP"]) {
        server.sql("postgres", &format!("CREATE DATABASE {}", quoted(name)));
    }
    for name in ["shop_login", "shop_main"] {
        server.sql("shop", &format!("CREATE SCHEMA {}; CREATE TABLE {}.t (a int)", quoted(name), quoted(name)));
    }
    // Somebody is still connected.
    let mut client = Command::new("psql");
    client.args(["-X", "-c", "SELECT pg_sleep(600)"]).envs(server.environment()).env("PGDATABASE", "shop_search");
    let mut client = client.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    commands(&w);
    let environment = server.environment();
    let env: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for run in ["first", "second"] {
        let ran = script::run(&w, &env);
        assert_eq!(ran.status, 0, "{run}: {}", ran.err);
        assert_eq!(server.databases(), ["DROP", "postgres", "shop", "shop_other"], "{run}");
        let schemas = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'shop%'";
        assert_eq!(server.sql("shop", schemas), ["shop_main"], "{run}");
    }
    let _ = client.kill();
    client.wait().unwrap();
    assert!(!w.path().join("pwned").exists());
    // A server that does not answer is a failure.
    let ran = script::run(&w, &[("PGHOST", "/nonexistent")]);
    assert_eq!((ran.status, ran.err.split_once("\nfailures:\n").unwrap().1.lines().count()), (1, 7), "{}", ran.err);
}
