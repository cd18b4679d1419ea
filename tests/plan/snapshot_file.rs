//! Snapshot files of every format there was can be read.

use eksform::plan::snapshot_file::{self, SNAPSHOT_FORMAT};
use std::path::Path;

#[test]
fn snapshots_of_every_format_are_read() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/snapshots");
    for format in 1..=SNAPSHOT_FORMAT {
        let path = directory.join(format!("format-{format}.json"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{} is kept", path.display()));
        let snapshot = snapshot_file::read(&text).unwrap_or_else(|problem| panic!("{problem:?}"));
        assert_eq!(snapshot.existing().count(), 14, "{format}");
        let names: Vec<String> = snapshot.members.keys().map(ToString::to_string).collect();
        assert_eq!(names, ["cluster demo (123456789012/us-east-2)"], "{format}");
        let version = snapshot
            .existing()
            .find(|(identity, _)| identity.name() == "demo/vpc-cni")
            .map(|(_, object)| object.text("version").to_string());
        assert_eq!(version.as_deref(), Some("v1.19.0-eksbuild.1"), "{format}");
    }
}
