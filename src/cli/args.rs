//! The flags.

use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

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
    /// Ask AWS also for what earlier runs keep of its catalog
    #[arg(long, global = true)]
    pub no_cache: bool,
    /// Print without colours
    #[arg(long, global = true)]
    pub no_color: bool,
}

impl Global {
    /// A path as the command line names it: relative to `--chdir`.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        // Shown as it was given.
        if self.chdir.as_os_str() == "." {
            return path.as_ref().to_path_buf();
        }
        self.chdir.join(path)
    }
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Check the files without asking AWS
    Validate(Validate),
    /// Bring files into the one layout
    Fmt(Fmt),
    /// Show what apply would do
    #[cfg(feature = "aws")]
    Plan(Plan),
    /// Make the account what the files say
    #[cfg(feature = "aws")]
    Apply(Apply),
    /// Delete everything the stack owns
    #[cfg(feature = "aws")]
    Destroy(Destroy),
    /// Write the files of a stack for what exists
    #[cfg(feature = "aws")]
    Import(Import),
    /// Show a saved plan
    Show(Show),
    /// Move a cluster and its add-ons to newer versions, step by step
    #[cfg(feature = "aws")]
    Upgrade(Upgrade),
    /// The embedded AWS: serve it to any client, list its calls
    #[cfg(feature = "sandbox")]
    Sandbox(Sandbox),
}

#[derive(Args, Clone, Debug, Default)]
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
    /// Print what was found as Terraform's validate JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug, Default)]
pub struct Fmt {
    /// Change nothing; exit with 3 if a file is not formatted
    #[arg(long)]
    pub check: bool,
    /// Print the differences
    #[arg(long)]
    pub diff: bool,
    /// A directory or a file, or - for standard input; the stack's directory otherwise
    #[arg(value_name = "TARGET")]
    pub target: Option<PathBuf>,
}

/// How figures are printed.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatsForm {
    /// As a table
    Text,
    /// As one line of JSON
    Json,
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
    /// Plan only this and what it needs: an address, a block, a module, or KIND.NAME with the name AWS knows
    #[arg(long, value_name = "ADDRESS")]
    pub target: Vec<String>,
    /// Leave this out, and what needs it
    #[arg(long, value_name = "ADDRESS")]
    pub exclude: Vec<String>,
    /// Destroy this and create it anew, even if nothing differs
    #[arg(long, value_name = "ADDRESS")]
    pub replace: Vec<String>,
    /// Refuse constraints on versions that eksform.lock.hcl has no pin for
    #[arg(long)]
    pub locked: bool,
    /// Print what was asked of AWS: calls, bytes and time, by operation
    #[arg(long, value_name = "FORM", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "text")]
    pub stats: Option<StatsForm>,
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
    /// A plan saved with plan --out. It carries what it was planned with
    #[arg(conflicts_with_all = ["destroy", "adopt", "allow_destroy", "allow_orphans", "target", "exclude", "replace", "locked"])]
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

/// Every step is an ordinary plan and apply.
#[derive(Args, Debug)]
pub struct Upgrade {
    #[command(flatten)]
    pub planning: Planning,
    /// The cluster, by address or AWS name; the stack's only one otherwise
    #[arg(long, value_name = "CLUSTER")]
    pub cluster: Option<String>,
    /// The Kubernetes version to go to, one minor version at a time; without it add-ons move
    #[arg(long, value_name = "VERSION")]
    pub kubernetes_version: Option<String>,
    /// Move only this add-on, by name or address
    #[arg(long, value_name = "ADDON")]
    pub addon: Vec<String>,
    /// Show the steps and what would change in the files, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask
    #[arg(long)]
    pub auto_approve: bool,
}

#[derive(Args, Debug)]
pub struct Import {
    #[command(subcommand)]
    pub command: ImportCommand,
}

#[derive(Subcommand, Debug)]
pub enum ImportCommand {
    /// A cluster with its add-ons, associations and roles
    Cluster(ImportCluster),
}

#[derive(Args, Debug)]
pub struct ImportCluster {
    /// The cluster's name
    pub name: String,
    /// Write into this directory, which is a stack or becomes one; - prints instead
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print instead of writing files
    #[arg(long, conflicts_with = "out")]
    pub stdout: bool,
    /// Write no adopt blocks
    #[arg(long)]
    pub no_adopt: bool,
    /// What a new stack is called; the cluster's name otherwise
    #[arg(long, value_name = "NAME")]
    pub stack: Option<String>,
    /// Take over what belongs to this stack, too
    #[arg(long, value_name = "STACK")]
    pub from_stack: Option<String>,
    /// The cluster's region, for a new stack
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// The provider block to use
    #[arg(long, value_name = "aws.ALIAS")]
    pub provider: Option<String>,
    #[command(flatten)]
    pub variables: Variables,
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
    /// Where the state is kept; otherwise as --sandbox says, else .eksform/sandbox of the stack
    #[arg(long, global = true, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    #[command(subcommand)]
    pub command: SandboxCommand,
}

#[cfg(feature = "sandbox")]
#[derive(Subcommand, Debug)]
pub enum SandboxCommand {
    /// Serve the embedded AWS to the aws CLI, boto3 or any SDK
    Serve(Serve),
    /// List every call the embedded AWS received
    Log {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Add what a file describes in AWS's own words: roles, subnets, clusters and what lives in them
    Seed {
        /// JSON
        file: PathBuf,
    },
    /// Print the whole state as one JSON document
    Export,
    /// Replace the whole state by an exported document
    Import {
        /// JSON
        file: PathBuf,
    },
    /// The Kubernetes versions and add-ons on offer
    Catalog {
        #[command(subcommand)]
        command: CatalogCommand,
    },
    /// Forget everything, the log too
    Reset,
}

#[cfg(feature = "sandbox")]
#[derive(Subcommand, Debug)]
pub enum CatalogCommand {
    /// Offer what AWS offers: take in the output of `aws eks describe-addon-versions` or of `aws eks
    /// describe-addon-configuration`
    Import {
        /// JSON
        file: PathBuf,
    },
}

#[cfg(feature = "sandbox")]
#[derive(Args, Debug)]
pub struct Serve {
    /// The port; 0 picks a free one
    #[arg(long, default_value_t = 4700)]
    pub port: u16,
    /// The address to listen on; anyone who reaches it can do everything
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub listen: std::net::IpAddr,
    /// How many times faster than AWS things happen; 1 is as on AWS
    #[arg(long, value_name = "FACTOR")]
    pub speed: Option<f64>,
    /// For how long changes in IAM stay hidden from EKS and from others, as 5s or 500ms
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub consistency: Option<std::time::Duration>,
    /// What goes wrong on purpose, as JSON
    #[arg(long, value_name = "FILE")]
    pub faults: Option<PathBuf>,
    /// Verify signatures: a JSON object from access key id to secret
    #[arg(long, value_name = "FILE")]
    pub verify_signatures: Option<PathBuf>,
}

/// `5s`, `500ms`, `2m`.
#[cfg(feature = "sandbox")]
fn duration(text: &str) -> Result<std::time::Duration, String> {
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: u64 = number.trim().parse().map_err(|_| "write a number and a unit: 5s".to_string())?;
    match unit {
        "ms" => Ok(std::time::Duration::from_millis(number)),
        "s" => Ok(std::time::Duration::from_secs(number)),
        "m" => Ok(std::time::Duration::from_secs(number.saturating_mul(60))),
        _ => Err("the units are ms, s and m".to_string()),
    }
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
