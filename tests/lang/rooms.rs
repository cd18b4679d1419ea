//! What keeps `lang` pure: it stands on `diagnostic` and `value` alone and never touches the world.

use std::path::Path;

fn sources(directory: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(directory).expect("a directory").filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source file");
            found.push((path.display().to_string(), text));
        }
    }
}

#[test]
fn lang_imports_lower_rooms_only() {
    let mut found = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lang"), &mut found);
    assert!(found.len() > 20);
    for (path, text) in found {
        for room in text.split("crate::").skip(1) {
            let allowed = ["diagnostic", "value", "lang"].iter().any(|allowed| room.starts_with(allowed));
            assert!(allowed, "{path} imports crate::{}", room.lines().next().unwrap_or_default());
        }
        for world in
            ["std::fs", "std::env", "std::net::Tcp", "std::process", "SystemTime", "Instant", "aws_", "tokio"]
        {
            assert!(!text.contains(world), "{path} touches the world: {world}");
        }
    }
}
