//! The `eksform` command.

fn main() -> std::process::ExitCode {
    eksform::cli::main()
}
