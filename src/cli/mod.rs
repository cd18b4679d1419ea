//! The command line: flags, wiring and exit codes, one file per command. No logic.
//!
//! Exit codes: 0 done, 1 error, 2 there are changes (with `--detailed-exitcode`), 3 a file is not formatted
//! (`fmt --check`).

mod args;
mod fmt;
mod output;
mod sources;
mod validate;
mod variables;

#[cfg(feature = "aws")]
mod apply;
#[cfg(feature = "aws")]
mod cache;
#[cfg(feature = "aws")]
mod connect;
#[cfg(feature = "aws")]
mod destroy;
#[cfg(feature = "aws")]
mod files;
#[cfg(feature = "aws")]
mod import;
#[cfg(feature = "sandbox")]
mod loopback;
#[cfg(feature = "aws")]
mod pins;
#[cfg(feature = "aws")]
mod plan;
#[cfg(feature = "sandbox")]
mod sandbox;
#[cfg(feature = "aws")]
mod session;
mod show;
#[cfg(feature = "aws")]
mod upgrade;

use args::{Cli, Command};
use clap::Parser;
use output::Terminal;
use std::process::ExitCode;

/// Everything went as asked.
pub const DONE: u8 = 0;
/// Something is wrong; it was said what.
pub const ERROR: u8 = 1;
/// The plan has changes, and `--detailed-exitcode` asked for this.
pub const CHANGES: u8 = 2;

/// A file is not formatted, and `fmt --check` asked for this.
pub const UNFORMATTED: u8 = 3;

/// How a command ends without an error of its own to print.
type Exit = u8;

/// Runs the command of this process's arguments.
pub fn main() -> ExitCode {
    // Expressions may nest deeply: everything runs on a thread with room for that.
    let worker = std::thread::Builder::new().name("eksform".to_string()).stack_size(16 << 20).spawn(run);
    let code = match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        Ok(Err(_)) => {
            eprintln!(
                "eksform failed in a way it should not have; please report what you ran and the lines above"
            );
            ERROR
        }
        Err(error) => {
            eprintln!("eksform cannot start: {error}");
            ERROR
        }
    };
    ExitCode::from(code)
}

fn run() -> Exit {
    let cli = match Cli::try_parse_from(args::normalised(std::env::args_os())) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to stdout and are no error; the rest is.
            let code = if error.use_stderr() { ERROR } else { DONE };
            let _ = error.print();
            return code;
        }
    };
    let terminal = Terminal::new(cli.global.no_color);
    match cli.command {
        Command::Fmt(args) => fmt::run(&cli.global, &args, &terminal),
        Command::Validate(args) => validate::run(&cli.global, &args, &terminal),
        #[cfg(feature = "aws")]
        Command::Import(args) => import::run(&cli.global, &args, &terminal),
        Command::Show(args) => show::run(&cli.global, &args, &terminal),
        #[cfg(feature = "aws")]
        Command::Plan(args) => plan::run(&cli.global, &args, &terminal),
        #[cfg(feature = "aws")]
        Command::Apply(args) => apply::run(&cli.global, &args, &terminal),
        #[cfg(feature = "aws")]
        Command::Destroy(args) => destroy::run(&cli.global, &args, &terminal),
        #[cfg(feature = "aws")]
        Command::Upgrade(args) => upgrade::run(&cli.global, &args, &terminal),
        #[cfg(feature = "sandbox")]
        Command::Sandbox(args) => sandbox::run(&cli.global, &args, &terminal),
    }
}
