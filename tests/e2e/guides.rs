//! Guides, followed: the commands they show print what they show.

use super::world::{World, run};
use std::process::Command;

/// The text of each block of a language in the guide.
fn blocks<'g>(guide: &'g str, language: &str) -> Vec<&'g str> {
    let opening = format!("```{language}\n");
    let found = guide.split(&opening).skip(1);
    found.map(|block| block.split_once("```").expect("an end").0).collect()
}

/// Runs a command line as a shell does, with both outputs in the order they were written in.
fn shell(world: &World, line: &str) -> String {
    let mut command = Command::new("sh");
    let program = env!("CARGO_BIN_EXE_eksform");
    let script = format!("eksform() {{ \"{program}\" \"$@\" --sandbox=../sandbox; }}\n{{ {line}\n}} 2>&1");
    command.arg("-c").arg(script).current_dir(world.stack()).env_clear();
    command.env("PATH", "/usr/bin:/bin").env("HOME", world.home()).env("NO_COLOR", "1");
    run(&mut command).stdout
}

#[track_caller]
fn follow(world: &World, guide: &str) {
    let blocks = blocks(guide, "console");
    assert!(!blocks.is_empty());
    for block in blocks {
        let (line, shown) = block.split_once('\n').expect("a command");
        let line = line.strip_prefix("$ ").expect("a command");
        assert_eq!(shell(world, line).trim_end(), shown.trim_end(), "{line}");
    }
}

#[test]
fn use_values() {
    let guide = include_str!("../../docs/how-to/use-values.md");
    let (before, after) = guide.split_once("After `eksform apply`").expect("the place where it is applied");
    let world = World::example("pod-identity");
    world.write("outputs.eks.hcl", blocks(before, "hcl")[0]);
    follow(&world, before);
    world.apply().done();
    follow(&world, after);
}
