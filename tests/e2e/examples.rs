//! The READMEs of the examples: every command in them is run, and prints what they show.

use super::world::{World, count, writes};

/// The commands of a page's `console` blocks, each with what the page shows of its output.
fn commands(page: &str) -> Vec<(Vec<&str>, String)> {
    let mut found: Vec<(Vec<&str>, String)> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match (inside, line) {
            (false, "```console") => inside = true,
            (true, "```") => inside = false,
            (true, line) => match (line.strip_prefix("$ eksform "), found.last_mut()) {
                (Some(command), _) => found.push((command.split_whitespace().collect(), String::new())),
                (None, Some((_, shown))) => {
                    shown.push_str(line);
                    shown.push('\n');
                }
                (None, None) => panic!("{line:?} comes before any command"),
            },
            _ => {}
        }
    }
    found
}

/// Runs a README in the world of its example.
fn walk(world: &World) {
    let page = world.read("README.md");
    let commands = commands(&page);
    assert!(!commands.is_empty());
    for (command, shown) in commands {
        let run = world.plain(&command, &[]).done();
        let (actual, expected) = (world.normal(&run.stdout), world.normal(&shown));
        // A line of three dots stands for any number of lines.
        if let Err(difference) =
            snapbox::Assert::new().try_eq(Some(&command.join(" ")), actual.into(), expected.into())
        {
            panic!("eksform {}\n{difference}\n{}", command.join(" "), run.stdout);
        }
    }
}

fn log(world: &World) -> Vec<eksform::sandbox::LogEntry> {
    let log = world.plain(&["sandbox", "log", "--json", "--sandbox"], &[]).done();
    log.stdout.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

#[test]
fn an_add_on_comes_with_its_association() {
    let world = World::example("pod-identity");
    walk(&world);
    let written = writes(&log(&world));
    assert_eq!(written.last().map(String::as_str), Some("CreateAddon"), "{written:?}");
}

#[test]
fn an_association_comes_later() {
    let world = World::example("association-later");
    walk(&world);
    let written = writes(&log(&world));
    assert_eq!(&written[written.len() - 2..], ["CreateAddon", "UpdateAddon"], "{written:?}");
}

#[test]
fn every_add_on_has_its_recommended_role() {
    let world = World::example("recommended-roles");
    walk(&world);
    let calls = log(&world);
    for (operation, times) in [
        ("CreateAddon", 6),
        ("UpdateAddon", 0),
        ("CreatePodIdentityAssociation", 0),
        ("CreateRole", 4),
        ("DeleteRole", 1),
        ("DeleteAddon", 6),
    ] {
        assert_eq!(count(&calls, operation), times, "{operation}");
    }
}
