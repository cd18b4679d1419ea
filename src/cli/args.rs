//! The flags.

use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;

/// Plan and apply Amazon EKS clusters, add-ons, IAM roles and Pod Identity associations. The live account
/// is the only state.
#[derive(Parser, Debug)]
#[command(name = "eksform", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that may stand before or after the command.
#[derive(Args, Debug)]
pub struct Global {
    /// Work in this directory
    #[arg(long, global = true, value_name = "DIR", default_value = ".", hide_default_value = true)]
    pub chdir: PathBuf,
    /// Use the embedded AWS, kept in .eksform/sandbox of the stack or in DIR
    #[arg(long, global = true, value_name = "DIR", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub sandbox: Option<OsString>,
    /// Print without colours
    #[arg(long, global = true)]
    pub no_color: bool,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Check the files without asking AWS
    Validate(Validate),
    /// Show what apply would do
    #[cfg(feature = "aws")]
    Plan(Plan),
    /// Make the account what the files say
    #[cfg(feature = "aws")]
    Apply(Apply),
    /// Delete everything the stack owns
    #[cfg(feature = "aws")]
    Destroy(Destroy),
    /// Show a saved plan
    Show(Show),
    /// The embedded AWS: serve it to any client, list its calls
    #[cfg(feature = "sandbox")]
    Sandbox(Sandbox),
}

#[derive(Args, Debug, Default)]
pub struct Variables {
    /// Give a variable a value
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub var: Vec<String>,
    /// Read values of variables from a file
    #[arg(long, value_name = "FILE")]
    pub var_file: Vec<PathBuf>,
}

#[derive(Args, Debug)]
pub struct Validate {
    #[command(flatten)]
    pub variables: Variables,
}

/// What plan, apply and destroy have in common.
#[derive(Args, Debug, Default)]
pub struct Planning {
    #[command(flatten)]
    pub variables: Variables,
    /// Take over an existing object, from another stack if one is named
    #[arg(long, value_name = "ADDRESS[=STACK]")]
    pub adopt: Vec<String>,
    /// Allow this cluster (its address, or cluster.NAME) to be destroyed or replaced
    #[arg(long, value_name = "CLUSTER")]
    pub allow_destroy: Vec<String>,
    /// Allow a plan that deletes everything the stack owns
    #[arg(long)]
    pub allow_orphans: bool,
    /// Print how many calls were made, by operation
    #[arg(long)]
    pub stats: bool,
    /// Calls in flight per service and region
    #[arg(long, value_name = "N", default_value_t = 10, hide_default_value = true)]
    pub parallelism: usize,
}

#[derive(Args, Debug)]
pub struct Plan {
    #[command(flatten)]
    pub planning: Planning,
    /// Save the plan for apply
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Exit with 2 if there are changes
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Plan to delete everything the stack owns
    #[arg(long)]
    pub destroy: bool,
}

#[derive(Args, Debug)]
pub struct Apply {
    #[command(flatten)]
    pub planning: Planning,
    /// Do not ask
    #[arg(long)]
    pub auto_approve: bool,
    /// Delete everything the stack owns
    #[arg(long)]
    pub destroy: bool,
    /// A plan saved with plan --out
    pub file: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct Destroy {
    #[command(flatten)]
    pub planning: Planning,
    /// Do not ask
    #[arg(long)]
    pub auto_approve: bool,
}

#[derive(Args, Debug)]
pub struct Show {
    #[command(flatten)]
    pub variables: Variables,
    /// Print the plan as Terraform's plan JSON
    #[arg(long)]
    pub json: bool,
    /// A plan saved with plan --out
    pub file: PathBuf,
}

#[cfg(feature = "sandbox")]
#[derive(Args, Debug)]
pub struct Sandbox {
    #[command(subcommand)]
    pub command: SandboxCommand,
}

#[cfg(feature = "sandbox")]
#[derive(Subcommand, Debug)]
pub enum SandboxCommand {
    /// Serve the embedded AWS on a loopback port, to the aws CLI, boto3 or any SDK
    Serve {
        /// The port; 0 picks a free one
        #[arg(long, default_value_t = 4700)]
        port: u16,
        /// Where the state is kept
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
        /// How many times faster than AWS things happen
        #[arg(long)]
        speed: Option<f64>,
    },
    /// List every call the embedded AWS received
    Log {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
        /// Where the state is kept
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

/// Long flags with a single dash, as Terraform has them: `-out=x` is `--out=x`, `-auto-approve` is
/// `--auto-approve`.
pub fn normalised(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut only_values = false;
    args.into_iter()
        .map(|arg| {
            only_values |= arg == "--";
            match arg.to_str() {
                Some(text)
                    if !only_values && text.len() > 2 && text.starts_with('-') && !text.starts_with("--") =>
                {
                    let looks_long = text[1..].chars().next().is_some_and(|c| c.is_ascii_lowercase());
                    if looks_long { OsString::from(format!("-{text}")) } else { arg }
                }
                _ => arg,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn every_flag_is_documented() {
        use clap::CommandFactory;
        let page = include_str!("../../docs/reference/commands.md");
        fn walk(command: &clap::Command, name: &str, page: &str, found: &mut Vec<String>) {
            if !command.has_subcommands() && !page.contains(&format!("\n## {name}\n")) {
                found.push(name.to_string());
            }
            for flag in command.get_arguments().filter_map(clap::Arg::get_long) {
                if !page.contains(&format!("`--{flag}")) {
                    found.push(format!("{name} --{flag}"));
                }
            }
            for inner in command.get_subcommands() {
                walk(inner, format!("{name} {}", inner.get_name()).trim(), page, found);
            }
        }
        let mut found = Vec::new();
        walk(&Cli::command(), "", page, &mut found);
        assert!(found.is_empty(), "not in docs/reference/commands.md: {found:?}");
    }

    #[test]
    #[cfg(feature = "aws")]
    fn global_flags_stand_anywhere_and_a_single_dash_will_do() {
        for line in [
            "eksform --sandbox --chdir x plan -out=p -detailed-exitcode",
            "eksform plan --out p --sandbox --detailed-exitcode -chdir=x",
        ] {
            let cli = Cli::try_parse_from(normalised(line.split(' ').map(OsString::from))).expect(line);
            assert_eq!(cli.global.sandbox, Some(OsString::new()), "{line}");
            assert_eq!(cli.global.chdir, PathBuf::from("x"), "{line}");
            let Command::Plan(plan) = cli.command else { panic!("{line}") };
            assert_eq!((plan.out, plan.detailed_exitcode), (Some(PathBuf::from("p")), true), "{line}");
        }
    }
}
