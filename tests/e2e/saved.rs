//! Saved plans: bound to what they saw, applied without asking, free of secrets.

use super::world::{World, writes};

const ROLE: &str = "AmazonEKSPodIdentityAmazonVPCCNIRole";
const POLICY: &str = "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy";

#[test]
fn an_unchanged_account_gets_exactly_the_plan_without_a_question() {
    let world = World::example("pod-identity");
    let planned = world.run(&["plan", "-out=first.plan"]).done();
    let shown = world.run(&["show", "first.plan"]).done();
    let plan = planned.stdout.split("\nSaved the plan").next().unwrap();
    // Which AWS it is, the plan file does not know.
    let (_, plan) = plan.split_once("\n\n").unwrap();
    assert_eq!(shown.stdout, plan);
    let json = world.run(&["show", "--json", "first.plan"]).done();
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["format_version"], "1.2");
    assert_eq!(json["resource_changes"].as_array().unwrap().len(), 4);
    // Whatever the files say meanwhile.
    world.edit("eksbuild.1", "eksbuild.2");
    let (_, calls) = world.during(|| world.run(&["apply", "first.plan"]).done().says(&["4 added"]));
    assert!(writes(&calls).contains(&"CreateAddon".to_string()));
    world.edit("eksbuild.2", "eksbuild.1");
    world.unchanged();
    // What it would make exists now.
    let (again, calls) = world.during(|| world.run(&["apply", "first.plan"]).ends(1));
    assert_eq!(writes(&calls), Vec::<String>::new());
    again.complains(&["The account changed since the plan was made"]);
}

#[tokio::test]
async fn a_changed_account_refuses_the_whole_plan() {
    let world = World::example("pod-identity");
    world.apply().done();
    let server = world.server();
    // Two independent changes; what moves afterwards is behind one of them only.
    world.edit("AmazonEKS_CNI_Policy\"]", "AmazonEKS_CNI_Policy\"]\n  description = \"of the CNI\"");
    world.edit("version  = \"1.30\"", "version  = \"1.30\"\n  enabled_log_types = [\"audit\"]");
    world.run(&["plan", "--out", "p"]).done().says(&["Plan: 0 to add, 2 to change, 0 to destroy."]);
    server.iam.detach_role_policy().role_name(ROLE).policy_arn(POLICY).send().await.unwrap();
    let (refused, calls) = world.during(|| world.run(&["apply", "p"]).ends(1));
    assert_eq!(writes(&calls), Vec::<String>::new());
    world.snapshot(&refused.stderr, "stale-plan");
    refused.complains(&[ROLE, "nothing was applied"]);
    world.apply().done();
    world.unchanged();
}

#[tokio::test]
async fn what_a_plan_only_relied_on_counts_too() {
    let world = World::example("pod-identity");
    world.apply().done();
    let server = world.server();
    world.edit("eksbuild.1\"\n", "eksbuild.1\"\n  tags = { team = \"a\" }\n");
    world.run(&["plan", "--out", "p"]).done();
    server.iam.detach_role_policy().role_name(ROLE).policy_arn(POLICY).send().await.unwrap();
    let (_, calls) = world.during(|| world.run(&["apply", "p"]).ends(1).complains(&[ROLE]));
    assert_eq!(writes(&calls), Vec::<String>::new());
}

#[test]
fn damaged_and_other_files_are_refused() {
    let world = World::example("pod-identity");
    world.run(&["plan", "--out", "p"]).done();
    let text = world.read("p");
    for (broken, says) in [
        (text.replace("\"format\": 2", "\"format\": 1"), "has format 1, written by eksform"),
        (text.replace("\"format\": 2", "\"format\": 999"), "format 999"),
        (text.replace("\"plan_id\": \"", "\"plan_id\": \"x"), "is no fingerprint"),
        (text.replace("v1.19.0", "v1.18.5"), "changed after it was written"),
        (text[..text.len() / 2].to_string(), "no plan file"),
        (String::new(), "no plan file"),
        ("stack \"x\" {}\n".to_string(), "no plan file"),
    ] {
        assert_ne!(broken, text);
        world.write("broken", &broken);
        for command in [&["apply", "broken"][..], &["show", "broken"]] {
            let (_, calls) = world.during(|| world.run(command).ends(1).complains(&[says]));
            assert!(calls.is_empty());
        }
    }
    world.run(&["apply", "nowhere"]).ends(1).complains(&["nowhere cannot be read"]);
}

#[test]
fn no_secret_is_in_the_file() {
    let world = World::of(
        "stack \"s\" {}\nvariable \"token\" {\n  type      = string\n  sensitive = true\n}\n\
         output \"token\" {\n  value     = \"${var.token}!\"\n  sensitive = true\n}\nrole \"r\" {}\n",
    );
    let secret = "hunter2-hunter2";
    let given = format!("--var=token={secret}");
    let planned = world.run(&["plan", "--out", "p", &given]).done();
    assert!(!planned.stdout.contains(secret) && !planned.stderr.contains(secret));
    assert!(!world.read("p").contains(secret));
    world.run(&["apply", "p"]).ends(1).complains(&["token", "--var token="]);
    world.run(&["apply", "p", "--var=token=another"]).ends(1).complains(&["other values"]);
    let applied = world.run(&["apply", "p", &given]).done();
    assert!(!applied.stdout.contains(secret), "{}", applied.stdout);
}

#[test]
fn a_refused_plan_is_not_saved() {
    let world = World::example("pod-identity");
    world.apply().done();
    world
        .run(&["plan", "--destroy", "--out", "p"])
        .ends(1)
        .says(&["3 to destroy", "cluster.demo"].map(|_| "destroy"));
    assert!(!world.stack().join("p").exists());
    world.run(&["plan", "--destroy", "--out", "p", "--allow-destroy", "cluster.demo"]).done();
    // The plan carries the consent.
    world.run(&["apply", "p"]).done().says(&["4 destroyed"]);
}

/// A saved plan is what it is: a flag that would make another plan is no way to change it.
#[test]
fn a_saved_plan_takes_no_planning_flags() {
    let world = World::of("stack \"s\" {}\nrole \"r\" {}\n");
    world.run(&["plan", "--out", "p"]).done();
    for flag in ["--destroy", "--adopt=role.r", "--allow-destroy=cluster.x", "--allow-orphans"] {
        let (_, calls) =
            world.during(|| world.run(&["apply", "p", flag]).ends(1).complains(&["cannot be used"]));
        assert!(calls.is_empty());
    }
    world.run(&["apply", "p", "--auto-approve"]).done();
}

/// A description, a tag, a policy and settings that nobody but AWS is to know.
const SECRETIVE: &str = r#"stack "s" {}
variable "note" {
  type      = string
  sensitive = true
}
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
  cluster              = cluster.demo
  configuration_values = { podAnnotations = { note = var.note }, env = { WARM_IP_TARGET = "5" } }
}
role "r" {
  name            = "r"
  description     = "about ${var.note}"
  tags            = { note = var.note, team = "a" }
  inline_policies = {
    p = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::${var.note}/*" }] })
  }
}
"#;

/// A live object that holds what is sensitive is not in the file: it is read again, and has to be what it was.
#[tokio::test]
async fn sensitive_attributes_are_left_out_and_read_again() {
    let world = World::of(SECRETIVE);
    let (old, new) = ("first-secret-value", "other-secret-value");
    let given = |secret: &str| format!("--var=note={secret}");
    let silent = |text: &str| {
        assert!(!text.contains("secret-value"), "{text}");
    };
    world.run(&["apply", "--auto-approve", &given(old)]).done();
    // Nothing but the secret changes; then nothing at all.
    for (secret, says) in [(new, "Plan: 0 to add, 2 to change, 0 to destroy."), (old, "No changes.")] {
        let planned = world.run(&["plan", "--out", "p", &given(secret)]).done().says(&[says]);
        silent(&planned.stdout);
        silent(&world.read("p"));
        // Showing it takes the secret, but not the account.
        world.run(&["show", "p"]).ends(1).complains(&["note", "--var note="]);
        let (shown, calls) = world.during(|| world.run(&["show", "p", &given(secret)]).done());
        assert!(calls.is_empty());
        let plan = planned.stdout.split("\nSaved the plan").next().unwrap();
        assert_eq!(shown.stdout, plan.split_once("\n\n").unwrap().1);
        let json = world.run(&["show", "--json", "p", &given(secret)]).done();
        silent(&json.stdout);
        let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
        assert_eq!(json["format_version"], "1.2");
        world
            .run(&["apply", "p"])
            .ends(1)
            .complains(&["the sensitive variable \"note\"", "EKSFORM_VAR_note"]);
        world.run(&["apply", "p", &given("yet-another-value")]).ends(1).complains(&["other values"]);
        let damaged = world.read("p").replace("s3:GetObject", "s3:PutObject");
        world.write("broken", &damaged);
        world.run(&["apply", "broken", &given(secret)]).ends(1).complains(&["or was changed"]);
    }
    // Somebody changes what was left out: the whole plan is refused.
    world.run(&["plan", "--out", "p", &given(new)]).done();
    let server = world.server();
    server.iam.update_role().role_name("r").description("by hand").send().await.unwrap();
    let (refused, calls) = world.during(|| world.run(&["apply", "p", &given(new)]).ends(1));
    refused.complains(&["role r (123456789012) was changed"]);
    assert_eq!(writes(&calls), Vec::<String>::new());
    world.run(&["plan", "--out", "p", &given(new)]).done();
    // From wherever the variable comes.
    let environment = [("EKSFORM_VAR_note", new)];
    let (applied, calls) = world.during(|| world.run_with(&["apply", "p"], &environment).done());
    silent(&applied.stdout);
    assert!(writes(&calls).contains(&"UpdateAddon".to_string()), "{:?}", writes(&calls));
    world.run(&["plan", &given(new)]).done().says(&["No changes."]);
}

/// The object is deleted under another name while the secret changes: neither the old nor the new one is kept.
#[test]
fn an_earlier_identity_keeps_no_secret_either() {
    let world = World::of(SECRETIVE);
    world.run(&["apply", "--auto-approve", "--var=note=first-secret-value"]).done();
    world.edit("name            = \"r\"", "name            = \"r2\"");
    let given = "--var=note=other-secret-value";
    let planned = world
        .run(&["plan", "--out", "p", given])
        .done()
        .says(&["Plan: 1 to add, 1 to change, 1 to destroy."]);
    assert!(!world.read("p").contains("secret-value"), "{}", world.read("p"));
    assert!(!planned.stdout.contains("other-secret-value"), "{}", planned.stdout);
    world.run(&["apply", "p", given]).done();
    world.run(&["plan", given]).done().says(&["No changes."]);
}

#[test]
fn a_secret_that_the_files_hold_themselves_cannot_be_saved() {
    let world = World::of(
        "stack \"s\" {}\nvariable \"plain\" {\n  type    = string\n  default = \"x\"\n}\nrole \"r\" {\n  description = sensitive(\"a-secret-in-the-file ${var.plain}\")\n}\n",
    );
    world.run(&["plan", "--out", "p"]).done();
    world.edit("sensitive(\"a-secret-in-the-file ${var.plain}\")", "sensitive(var.plain)");
    let given = "--var=plain=a-secret-on-the-line";
    world
        .run(&["plan", "--out", "q", given])
        .ends(1)
        .complains(&["the variable \"plain\", which is not declared sensitive"]);
    world.edit("sensitive(var.plain)", "sensitive(file(\"note\"))");
    world.write("note", "a-secret-in-a-file");
    world.run(&["plan", "--out", "q"]).ends(1).complains(&["the file note"]);
    world.edit("sensitive(file(\"note\"))", "sensitive(\"a-secret-in-the-file\")");
    world.run(&["plan", "--out", "q"]).ends(1).complains(&["the file main.eks.hcl"]);
    assert!(!world.stack().join("q").exists());
}
