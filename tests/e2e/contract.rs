//! Which AWS a command talks to: the sandbox if asked for, else AWS with what every AWS tool takes.

use super::server::PODS_TRUST;
use super::world::{World, count, writes};

/// A stack that leaves the region to the environment.
const ROLE_ONLY: &str = "stack \"s\" {}\nrole \"r\" {}\n";

fn with_provider(provider: &str) -> String {
    format!("{ROLE_ONLY}provider \"aws\" {{\n{provider}\n}}\n")
}

#[test]
fn the_sandbox_is_asked_for_in_any_of_three_ways() {
    let world = World::of(ROLE_ONLY);
    world.plain(&["--sandbox=../a", "apply", "--auto-approve"], &[]).done();
    world.plain(&["plan", "--sandbox=../a"], &[]).done().says(&["No changes."]);
    world.plain(&["plan"], &[("EKSFORM_SANDBOX", "../a")]).done().says(&["No changes."]);
    // The flag goes before the variable; without a directory it is the stack's own.
    let own = world.plain(&["plan", "--sandbox"], &[("EKSFORM_SANDBOX", "../a")]).done();
    own.says(&["1 to add"]).says(&["Sandbox .eksform/sandbox: account 123456789012 in us-east-2"]);
    assert!(world.stack().join(".eksform/sandbox").is_dir());
    // Paths are relative to the directory of --chdir.
    let mut elsewhere = world.command(&["plan", "--chdir", "../stack", "--sandbox=../a"]);
    let elsewhere = super::world::run(elsewhere.current_dir(world.home())).done();
    elsewhere.says(&["No changes."]);
    // An empty variable asks for nothing.
    world.plain(&["plan"], &[("EKSFORM_SANDBOX", ""), ("AWS_REGION", "us-east-2")]).ends(1);
}

#[test]
fn under_the_sandbox_the_environment_counts_for_nothing_but_the_region() {
    let world = World::of(ROLE_ONLY);
    let environment = [
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("AWS_ACCESS_KEY_ID", "999999999999"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_PROFILE", "nobody"),
        ("AWS_REGION", "eu-west-1"),
    ];
    let planned = world.run_with(&["plan"], &environment).done();
    planned.says(&["account 123456789012 in eu-west-1"]);
    world.write("main.eks.hcl", &with_provider("  region = \"ap-southeast-2\""));
    let planned = world.run_with(&["plan"], &environment).done();
    planned.says(&["account 123456789012 in ap-southeast-2"]);
    world.write(
        "main.eks.hcl",
        &with_provider(
            "  region = \"us-west-2\"\n  profile = \"nobody\"\n  endpoint_url = \"http://127.0.0.1:1\"",
        ),
    );
    world.run_with(&["plan"], &environment).done().says(&["account 123456789012 in us-west-2"]);
}

#[tokio::test]
async fn a_directory_that_a_server_holds_is_reached_through_it() {
    let world = World::of(ROLE_ONLY);
    let server = world.server();
    world.apply().done().says(&[&format!("Sandbox ../sandbox at {}", server.endpoint)]);
    assert_eq!(server.iam.list_roles().send().await.unwrap().roles.len(), 1);
    drop(server);
    // Killed as it was, it leaves its address behind, and nobody is misled by it.
    let alone = world.plan().done().says(&["No changes."]);
    assert!(!alone.stdout.contains(" at http"), "{}", alone.stdout);
}

#[test]
fn one_process_holds_a_directory() {
    let world = World::of(ROLE_ONLY);
    let held = eksform::sandbox::Sandbox::open(&world.sandbox(), eksform::sandbox::Options::default());
    world.plan().ends(1).complains(&["held by another process", "--sandbox=DIR"]);
    drop(held);
    world.plan().done();
}

#[test]
fn aws_is_taken_from_the_environment() {
    let world = World::of(ROLE_ONLY);
    let server = world.server();
    let applied = world.plain(&["apply", "--auto-approve"], &server.environment()).done();
    applied.says(&["AWS: account 123456789012 in us-east-2"]);
    world.plain(&["plan"], &server.environment()).done().says(&["No changes."]);
    assert!(!world.stack().join(".eksform").exists());
}

#[test]
fn aws_is_taken_from_profiles() {
    let world = World::of(ROLE_ONLY);
    let server = world.server();
    let aws = world.home().join(".aws");
    std::fs::create_dir_all(&aws).unwrap();
    let config = format!(
        "[profile work]\nregion = eu-central-1\nendpoint_url = {0}\n\
         [profile other]\nregion = us-east-1\nendpoint_url = {0}\n",
        server.endpoint
    );
    std::fs::write(aws.join("config"), config).unwrap();
    let credentials = "[work]\naws_access_key_id = 111122223333\naws_secret_access_key = secret\n\
                       [other]\naws_access_key_id = 444455556666\naws_secret_access_key = secret\n";
    std::fs::write(aws.join("credentials"), credentials).unwrap();
    let work = [("AWS_PROFILE", "work")];
    world.plain(&["plan"], &work).done().says(&["AWS: account 111122223333 in eu-central-1"]);
    // The provider block goes before the environment.
    world.write("main.eks.hcl", &with_provider("  profile = \"other\""));
    world.plain(&["plan"], &work).done().says(&["AWS: account 444455556666 in us-east-1"]);
    world.write("main.eks.hcl", &with_provider("  profile = \"other\"\n  region = \"us-west-2\""));
    world.plain(&["plan"], &[]).done().says(&["AWS: account 444455556666 in us-west-2"]);
    let other = world.plain(&["plan"], &[("AWS_PROFILE", "nobody"), ("AWS_REGION", "us-east-1")]).done();
    other.says(&["AWS: account 444455556666"]);
}

#[tokio::test]
async fn a_provider_block_names_endpoint_and_role() {
    let world = World::empty();
    let server = world.server();
    let trust = PODS_TRUST.replace("{\"Service\":\"pods.eks.amazonaws.com\"}", "{\"AWS\":\"123456789012\"}");
    server.make_role("deployer", &trust, "arn:aws:iam::aws:policy/AdministratorAccess").await;
    let provider = format!(
        "  region       = \"us-east-2\"\n  endpoint_url = \"{}\"\n  assume_role {{\n    role_arn = \"arn:aws:iam::123456789012:role/deployer\"\n  }}",
        server.endpoint
    );
    world.write("main.eks.hcl", &with_provider(&provider));
    let keys = [("AWS_ACCESS_KEY_ID", "AKIDME"), ("AWS_SECRET_ACCESS_KEY", "secret")];
    let (_, calls) = world.during(|| world.plain(&["apply", "--auto-approve"], &keys).done());
    assert_eq!(count(&calls, "AssumeRole"), 1);
    let made = calls.iter().find(|call| call.operation == "CreateRole").unwrap();
    assert!(made.caller.contains(":assumed-role/deployer/"), "{}", made.caller);
}

#[test]
fn other_accounts_than_the_allowed_ones_are_refused() {
    let world = World::of(&with_provider("  allowed_account_ids = [\"111122223333\"]"));
    let (_, calls) = world.during(|| {
        world.run(&["apply", "--auto-approve"]).ends(1).complains(&["123456789012", "allowed_account_ids"])
    });
    assert_eq!(writes(&calls), Vec::<String>::new());
}

#[test]
fn what_is_missing_is_said_with_the_way_out() {
    let world = World::of(ROLE_ONLY);
    let no_credentials = world.plain(&["plan"], &[("AWS_REGION", "us-east-2")]).ends(1);
    world.snapshot(&no_credentials.stderr, "no-credentials");
    no_credentials.complains(&["no usable AWS credentials", "--sandbox"]);
    let keys = [("AWS_ACCESS_KEY_ID", "AKIDME"), ("AWS_SECRET_ACCESS_KEY", "secret")];
    let no_region = world.plain(&["plan"], &keys).ends(1);
    world.snapshot(&no_region.stderr, "no-region");
    no_region.complains(&["region", "AWS_REGION"]);
    let gone = [("AWS_REGION", "us-east-2"), ("AWS_PROFILE", "nobody")];
    world.plain(&["plan"], &gone).ends(1).complains(&["AWS_PROFILE names the profile \"nobody\""]);
}

#[test]
fn a_port_that_is_taken_and_a_directory_that_is_held_are_named() {
    let world = World::empty();
    let server = world.server();
    let port = server.endpoint.rsplit(':').next().unwrap();
    let taken = world.plain(&["sandbox", "serve", "--port", port, "--dir", "../other"], &[]).ends(1);
    taken.complains(&[&format!("{} cannot be served: ", server.endpoint)]);
    let held = world.plain(&["sandbox", "serve", "--port", "0", "--dir", "../sandbox"], &[]).ends(1);
    held.complains(&[&format!("the sandbox is held by the server at {}", server.endpoint)]);
    world
        .plain(&["sandbox", "log", "--dir", "nowhere"], &[])
        .ends(1)
        .complains(&["there is no sandbox in nowhere\n"]);
}
