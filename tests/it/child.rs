//! A second process for tests that need one to kill: this very binary, started again with an order in its environment.
//!
//! In: the name of an order and its arguments; out: a [`Child`] whose lines can be read and which dies with its owner.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// Says which order a child has to carry out.
const ORDER: &str = "LANDING_TEST_ORDER";

/// The entry of the second process: a test that has nothing to do when no order was given.
#[test]
fn a_child_carries_out_its_order() {
    let Ok(order) = std::env::var(ORDER) else { return };
    let arguments: Vec<&str> = order.split('\t').collect();
    match arguments[0] {
        "contend" => crate::race::contend(Path::new(arguments[1]), arguments[2]),
        "deploy-until" => {
            crate::crash::deploy_until(Path::new(arguments[1]), arguments[2], arguments[3].parse().unwrap());
        }
        "count" => crate::store::count(Path::new(arguments[1])),
        "fill" => crate::store::fill(Path::new(arguments[1])),
        other => panic!("no such order: {other}"),
    }
}

/// The command that starts a child with an order.
pub(crate) fn command(order: &[&str]) -> Command {
    command_of(&std::env::current_exe().unwrap(), order)
}

/// The same with a copy of the binary.
pub(crate) fn command_of(binary: &Path, order: &[&str]) -> Command {
    let mut command = Command::new(binary);
    set(&mut command, order);
    command
}

/// The same through `sh`, after a line of preparation.
pub(crate) fn command_after(preparation: &str, order: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("{preparation}; exec \"$0\" \"$@\"")).arg(std::env::current_exe().unwrap());
    set(&mut command, order);
    command
}

fn set(command: &mut Command, order: &[&str]) {
    command.args(["--exact", "child::a_child_carries_out_its_order", "--nocapture"]);
    command.env(ORDER, order.join("\t")).stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::piped());
}

/// A running second process. Killed when it is dropped.
pub(crate) struct Child {
    process: std::process::Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Child {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut process = command.spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap());
        Self { process, lines }
    }

    /// The next line that begins with `mark`, without it; `None` when the process ended without another.
    pub(crate) fn line(&mut self, mark: &str) -> Option<String> {
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            // The harness writes its own words before the first one, without a line's end.
            if let Some(at) = line.find(mark) {
                return Some(line[at + mark.len()..].trim_end().to_owned());
            }
        }
    }

    /// Writes a line to its standard input.
    pub(crate) fn say(&mut self, line: &str) {
        use std::io::Write as _;
        writeln!(self.process.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// SIGKILL, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        let _ = self.process.kill();
        self.process.wait().unwrap();
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
    }
}
