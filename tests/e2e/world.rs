//! A directory with a stack, an account in a sandbox, and the real binary to run on them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use eksform::sandbox::LogEntry;
use regex::Regex;

use super::server::Server;

/// How a command went.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// Fails the test unless the command ended with this code.
    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\n{}\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub fn done(self) -> Self {
        self.ends(0)
    }

    /// Fails the test unless standard output holds all of these.
    #[track_caller]
    pub fn says(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(self.stdout.contains(text), "no {text:?} in\n{}\n{}", self.stdout, self.stderr);
        }
        self
    }

    /// Fails the test unless standard error holds all of these.
    #[track_caller]
    pub fn complains(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(self.stderr.contains(text), "no {text:?} in\n{}\n{}", self.stdout, self.stderr);
        }
        self
    }
}

/// A stack's directory and an account, both gone with the test unless it fails.
pub struct World {
    root: PathBuf,
}

impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.root);
        }
    }
}

impl World {
    /// A world with an empty stack directory.
    pub fn empty() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let root =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("e2e-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        std::fs::create_dir_all(root.join("stack")).unwrap();
        std::fs::create_dir_all(root.join("home")).unwrap();
        Self { root }
    }

    /// A copy of `examples/NAME`.
    pub fn example(name: &str) -> Self {
        let world = Self::empty();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
        for entry in std::fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                std::fs::copy(&path, world.stack().join(path.file_name().unwrap())).unwrap();
            }
        }
        world
    }

    /// A stack of one file.
    pub fn of(text: &str) -> Self {
        let world = Self::empty();
        world.write("main.eks.hcl", text);
        world
    }

    pub fn stack(&self) -> PathBuf {
        self.root.join("stack")
    }

    pub fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    pub fn sandbox(&self) -> PathBuf {
        self.root.join("sandbox")
    }

    pub fn write(&self, file: &str, text: &str) {
        std::fs::write(self.stack().join(file), text).unwrap();
    }

    pub fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.stack().join(file)).unwrap()
    }

    /// Replaces a text of `main.eks.hcl` that stands there once.
    #[track_caller]
    pub fn edit(&self, from: &str, to: &str) {
        let text = self.read("main.eks.hcl");
        assert_eq!(text.matches(from).count(), 1, "{from:?} in\n{text}");
        self.write("main.eks.hcl", &text.replace(from, to));
    }

    /// The binary in the stack's directory, with nothing of this process's environment.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_eksform"));
        command
            .args(args)
            .current_dir(self.stack())
            .env_clear()
            .env("HOME", self.home())
            .env("NO_COLOR", "1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::null());
        command
    }

    /// Runs a command as it is: on AWS, unless the arguments say otherwise.
    pub fn plain(&self, args: &[&str], environment: &[(&str, &str)]) -> Run {
        run(self.command(args).envs(environment.iter().copied()))
    }

    /// Runs a command on this world's sandbox.
    pub fn run(&self, args: &[&str]) -> Run {
        self.run_with(args, &[])
    }

    pub fn run_with(&self, args: &[&str], environment: &[(&str, &str)]) -> Run {
        let mut args = args.to_vec();
        args.push("--sandbox=../sandbox");
        self.plain(&args, environment)
    }

    /// Runs a command on this world's sandbox and answers its questions.
    pub fn answer(&self, args: &[&str], input: &str) -> Run {
        use std::io::Write;
        let mut command = self.command(args);
        command.arg("--sandbox=../sandbox");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // Whoever does not ask may be gone before it is answered.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        outcome(&child.wait_with_output().unwrap())
    }

    pub fn apply(&self) -> Run {
        self.run(&["apply", "--auto-approve"])
    }

    pub fn plan(&self) -> Run {
        self.run(&["plan"])
    }

    /// Fails the test unless planning finds nothing to do, and writes nothing.
    #[track_caller]
    pub fn unchanged(&self) {
        let before = self.calls().len();
        self.plan().done().says(&["No changes."]);
        assert_eq!(writes(&self.calls()[before..]), Vec::<String>::new());
    }

    /// The sandbox on a port, as a process of its own.
    pub fn server(&self) -> Server {
        self.server_with(&[])
    }

    pub fn server_with(&self, args: &[&str]) -> Server {
        let mut command = self.command(&["sandbox", "serve", "--port", "0", "--dir", "../sandbox"]);
        command.args(args);
        Server::start(command)
    }

    /// Every call the sandbox received.
    pub fn calls(&self) -> Vec<LogEntry> {
        if !self.sandbox().exists() {
            return Vec::new();
        }
        let log = self.plain(&["sandbox", "log", "--json", "--dir", "../sandbox"], &[]).done();
        log.stdout.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }

    /// Runs something and returns the calls it made.
    pub fn during<T>(&self, what: impl FnOnce() -> T) -> (T, Vec<LogEntry>) {
        let before = self.calls().len();
        let result = what();
        (result, self.calls().split_off(before))
    }

    /// Text without what differs from run to run.
    pub fn normal(&self, text: &str) -> String {
        let mut text = text.replace(&self.root.display().to_string(), "ROOT");
        for (pattern, instead) in [
            (r"\[\d+s\]", "[TIME]"),
            (r"http://127\.0\.0\.1:\d+", "http://127.0.0.1:PORT"),
            (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID"),
            (r"\ba-[a-z0-9]{17}\b", "ASSOCIATION"),
            (r"\bARO[A-Z0-9]{18}\b", "ROLE-ID"),
            (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "WHEN"),
        ] {
            text = Regex::new(pattern).unwrap().replace_all(&text, instead).into_owned();
        }
        text
    }

    /// Holds text against `testdata/e2e/NAME.txt`; `SNAPSHOTS=overwrite` writes it.
    pub fn snapshot(&self, text: &str, name: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/e2e").join(format!("{name}.txt"));
        let expected = snapbox::Data::read_from(&path, None).raw();
        let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
        assert.eq(self.normal(text), expected);
    }
}

pub fn run(command: &mut Command) -> Run {
    outcome(&command.output().unwrap())
}

pub fn outcome(output: &std::process::Output) -> Run {
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn is_write(entry: &LogEntry) -> bool {
    !["Get", "List", "Describe"].iter().any(|verb| entry.operation.starts_with(verb))
        && entry.operation != "AssumeRole"
}

/// The operations that change something, in order.
pub fn writes(calls: &[LogEntry]) -> Vec<String> {
    calls.iter().filter(|entry| is_write(entry)).map(|entry| entry.operation.clone()).collect()
}

/// How often an operation was called.
pub fn count(calls: &[LogEntry], operation: &str) -> usize {
    calls.iter().filter(|entry| entry.operation == operation).count()
}

/// The calls by operation, as figures to print.
pub fn figures(calls: &[LogEntry]) -> String {
    let mut by_operation = std::collections::BTreeMap::new();
    for entry in calls {
        *by_operation.entry(format!("{}:{}", entry.service, entry.operation)).or_insert(0) += 1;
    }
    by_operation.iter().map(|(operation, count)| format!("{count:>4} {operation}\n")).collect()
}
