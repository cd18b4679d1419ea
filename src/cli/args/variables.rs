//! `--var` and `--var-file`: among them the order of the command line counts.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches, value_parser};
use std::path::PathBuf;

/// Where values of variables are said to come from, first to last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables(pub Vec<Source>);

/// One flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `--var NAME=VALUE`, as written.
    Pair(String),
    /// `--var-file FILE`.
    File(PathBuf),
}

const PAIR: &str = "var";
const FILE: &str = "var_file";

// By hand, since derived flags know nothing of where others stand.
impl Args for Variables {
    fn augment_args(command: Command) -> Command {
        let pair = Arg::new(PAIR)
            .long("var")
            .value_name("NAME=VALUE")
            .action(ArgAction::Append)
            .help("Give a variable a value");
        let file = Arg::new(FILE)
            .long("var-file")
            .value_name("FILE")
            .action(ArgAction::Append)
            .value_parser(value_parser!(PathBuf))
            .help("Read values of variables from a file");
        command.arg(pair).arg(file)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Variables {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let at = |name| matches.indices_of(name).into_iter().flatten();
        let pairs = matches.get_many::<String>(PAIR).into_iter().flatten().cloned().map(Source::Pair);
        let files = matches.get_many::<PathBuf>(FILE).into_iter().flatten().cloned().map(Source::File);
        let mut placed: Vec<(usize, Source)> = at(PAIR).zip(pairs).chain(at(FILE).zip(files)).collect();
        placed.sort_by_key(|(at, _)| *at);
        Ok(Self(placed.into_iter().map(|(_, source)| source).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Source::{File, Pair};
    use crate::cli::args::{Cli, Command, normalised};
    use clap::Parser;
    use std::ffi::OsString;

    #[test]
    fn the_order_of_the_command_line_is_kept() {
        let line = "eksform validate -var a=1 --var-file=x --var b=2 -var-file y --var-file z -var=c=3";
        let cli = Cli::try_parse_from(normalised(line.split(' ').map(OsString::from))).expect(line);
        let Command::Validate(validate) = cli.command else { panic!("{line}") };
        let pair = |text: &str| Pair(text.to_string());
        let file = |text: &str| File(text.into());
        let expected = [pair("a=1"), file("x"), pair("b=2"), file("y"), file("z"), pair("c=3")];
        assert_eq!(validate.variables.0, expected);
    }
}
