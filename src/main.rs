//! The `eksform` command.

/// A stack is very many small things. This allocator keeps those of a size together, so that planning a large one waits
/// less for memory.
#[cfg(feature = "aws")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    eksform::cli::main()
}
