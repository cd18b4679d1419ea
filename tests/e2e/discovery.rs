//! `addons list`, `addons show`, `addons roles`, and `show` without a file.

use super::world::{World, count, writes};

#[test]
fn what_eks_offers() {
    let world = World::empty();
    let (list, calls) =
        world.during(|| world.run(&["addons", "list", "--kubernetes-version", "1.30"]).done());
    world.snapshot(&list.stdout, "addons-list");
    // One call for all versions, and one for each add-on's service accounts.
    assert_eq!(count(&calls, "DescribeAddonVersions"), 1);
    assert_eq!(writes(&calls), Vec::<String>::new());

    let page = world.run(&["addons", "show", "aws-ebs-csi-driver", "--kubernetes-version", "1.30"]).done();
    world.snapshot(&page.stdout, "addons-show");
    let json = world.run(&["addons", "show", "vpc-cni", "--kubernetes-version", "1.30", "--json"]).done();
    let page: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(page["version"], "v1.19.0-eksbuild.1");
    assert_eq!(page["service_accounts"][0]["service_account"], "aws-node");
    let json = world.run(&["addons", "list", "--json"]).done();
    let list: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(list["kubernetes_version"], "1.36");

    world.run(&["addons", "show", "vpc-cnj"]).ends(1).complains(&["did you mean \"vpc-cni\"?"]);
    world
        .run(&["addons", "show", "vpc-cni", "--version", "v9"])
        .ends(1)
        .complains(&["EKS does not offer v9"]);
    world.run(&["addons", "list", "--cluster", "nowhere"]).ends(1).complains(&["no cluster \"nowhere\""]);
}

#[test]
fn the_cluster_decides_the_kubernetes_version() {
    let world = World::example("pod-identity");
    world.apply().done();
    world.run(&["addons", "list"]).done().says(&["Kubernetes 1.30"]);
    world.run(&["addons", "list", "--cluster", "demo"]).done().says(&["Kubernetes 1.30"]);
}

#[test]
fn roles_an_add_on_could_use() {
    let world = World::example("pod-identity");
    world.run(&["addons", "roles", "vpc-cni"]).done().says(&["No role of the account"]);
    world.apply().done();
    let roles = world.run(&["addons", "roles", "vpc-cni", "--json"]).done();
    let roles: serde_json::Value = serde_json::from_str(&roles.stdout).expect("JSON");
    let roles = roles["roles"].as_array().expect("a list");
    // The cluster's role is none that Pod Identity could assume.
    assert_eq!(roles.len(), 1);
    assert_eq!(roles[0]["role_name"], "AmazonEKSPodIdentityAmazonVPCCNIRole");
    assert_eq!(roles[0]["suffices"], true);
    let other = world.run(&["addons", "roles", "aws-ebs-csi-driver"]).done();
    world.snapshot(&other.stdout, "addons-roles");
    world.run(&["addons", "roles", "coredns"]).done().says(&["EKS recommends no permissions"]);
}

#[test]
fn what_the_stack_owns() {
    let world = World::example("pod-identity");
    world.run(&["show"]).done().says(&["owns nothing"]);
    world.apply().done();
    let owned = world.run(&["show"]).done();
    world.snapshot(&owned.stdout, "show-owned");
    let json = world.run(&["show", "--json"]).done();
    let json: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(json["objects"].as_array().map(Vec::len), Some(4));
}

#[test]
fn shells_complete_what_was_listed() {
    let world = World::empty();
    let cache = world.home().join("cache");
    let cache = cache.to_str().expect("text");
    world
        .run_with(&["addons", "list", "--kubernetes-version", "1.30"], &[("EKSFORM_CACHE_DIR", cache)])
        .done();
    let script = world.plain(&[], &[("COMPLETE", "bash")]).done();
    script.says(&["complete "]);
    // As the script asks: the words of the line, and the index of the one to complete.
    let environment = [
        ("COMPLETE", "bash"),
        ("EKSFORM_CACHE_DIR", cache),
        ("_CLAP_COMPLETE_INDEX", "3"),
        ("_CLAP_COMPLETE_COMP_TYPE", "9"),
        ("_CLAP_COMPLETE_SPACE", "true"),
        ("_CLAP_IFS", "\n"),
    ];
    let found = world.plain(&["--", "eksform", "addons", "show", "vpc"], &environment).done();
    assert_eq!(found.stdout.trim(), "vpc-cni");
}
