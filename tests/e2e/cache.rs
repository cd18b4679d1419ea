//! Facts that never change are asked once, and kept on disk.

use super::world::{World, count};
use std::path::{Path, PathBuf};

const STACK: &str = r#"stack "s" {}
role "cluster" {
  trust { service = "eks.amazonaws.com" }
  managed_policies = ["arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"]
}
cluster "demo" {
  version  = "1.30"
  role_arn = role.cluster.arn
  vpc { subnet_ids = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"] }
}
addon "vpc-cni" {
  cluster      = cluster.demo.name
  version      = "v1.19.0-eksbuild.1"
  pod_identity = "recommended"
}
"#;

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn a_second_plan_makes_fewer_calls() {
    let world = World::of(STACK);
    let directory = world.home().join("facts");
    let environment = [("EKSFORM_CACHE_DIR", directory.to_str().unwrap())];
    // The plan's text, all calls, and those for what never changes.
    let plan = |flags: &[&str]| {
        let args = [&["plan"], flags].concat();
        let (run, calls) = world.during(|| world.run_with(&args, &environment).done());
        (run.stdout, calls.len(), count(&calls, "DescribeAddonConfiguration"))
    };
    let (text, calls, asked) = plan(&[]);
    assert_eq!(asked, 1);
    assert_eq!(plan(&[]), (text.clone(), calls - 1, 0));
    assert_eq!(plan(&["--no-cache"]), (text.clone(), calls, 1));
    assert_eq!(plan(&[]), (text.clone(), calls - 1, 0));
    let kept = files(&directory);
    assert_eq!(kept.len(), 1, "{kept:?}");
    std::fs::write(&kept[0], "damaged").unwrap();
    assert_eq!(plan(&[]), (text.clone(), calls, 1));
    assert_eq!(plan(&[]), (text, calls - 1, 0));
    // The sandbox keeps nothing where nobody says so.
    for _ in 0..2 {
        let (_, calls) = world.during(|| world.plan().done());
        assert_eq!(count(&calls, "DescribeAddonConfiguration"), 1);
    }
}
