//! Rules on a sandbox: what `check` and `plan` print, how they end, and what they ask AWS.

use super::world::{World, count, writes};
use serde_json::Value;

const STACK: &str = r#"stack "platform" {}

provider "aws" {
  region = "us-east-2"
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
  cluster = cluster.demo.name
}

role "orders" {}

# eksform:ignore restart-needed workers start anew for every job
pod_identity_association "orders" {
  cluster         = cluster.demo.name
  namespace       = "shop"
  service_account = "orders"
  role_arn        = role.orders.arn
}
"#;

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn codes(diagnostics: &Value) -> Vec<&str> {
    diagnostics.as_array().expect("a list").iter().filter_map(|entry| entry["code"].as_str()).collect()
}

#[test]
fn warnings_are_shown_and_fail_only_if_strict() {
    let world = World::of(STACK);
    let checked = world.run(&["check"]).done();
    world.snapshot(&checked.stdout, "check");
    world.run(&["check", "--strict"]).ends(1);
    // The plan says the same of what it makes, and may be applied.
    world.plan().done().complains(&["warning[addon-needs-iam]", "pod_identity_association {"]);
    world.apply().done();
    // Of what stays as it is a plan says nothing, and asks nothing.
    let (quiet, calls) = world.during(|| world.plan().done().says(&["No changes."]));
    assert!(!quiet.stderr.contains("addon-needs-iam"), "{}", quiet.stderr);
    for operation in ["DescribeAddonVersions", "DescribeAddonConfiguration", "DescribeClusterVersions"] {
        assert_eq!(count(&calls, operation), 0, "{operation}");
    }
    let (checked, calls) = world.during(|| world.run(&["check"]).done());
    checked.says(&["warning[addon-needs-iam]", "warning[pod-identity-without-agent]"]);
    assert_eq!(writes(&calls), Vec::<String>::new());
}

#[test]
fn an_error_refuses_the_plan_until_it_is_silenced() {
    let world = World::of(STACK);
    let values = "  cluster = cluster.demo.name\n  configuration_values = { env = { WARM_IP_TARGET = 3 } }\n}\n\nrole \"orders\"";
    world.edit("  cluster = cluster.demo.name\n}\n\nrole \"orders\"", values);
    let refused = world.plan().ends(1);
    refused.complains(&[
        "error[configuration-invalid]: env.WARM_IP_TARGET of vpc-cni is a number, and has to be a string",
    ]);
    let (_, calls) = world.during(|| world.apply().ends(1));
    assert_eq!(writes(&calls), Vec::<String>::new());
    world.run(&["check"]).ends(1).says(&["error[configuration-invalid]"]);
    world.run(&["plan", "--out", "p"]).ends(1);
    // The sandbox refuses it as AWS does, so the rule is right; what matters here is that it stands aside.
    world.edit(
        "addon \"vpc-cni\" {",
        "# eksform:ignore configuration-invalid to see what AWS says\naddon \"vpc-cni\" {",
    );
    world.run(&["plan", "--out", "p"]).done().complains(&["1 finding is silenced in the files."]);
    let shown = json(&world.run(&["show", "--json", "p"]).done().stdout);
    assert_eq!(codes(&shown["eksform"]["silenced"]), ["configuration-invalid"]);
    assert_eq!(shown["eksform"]["silenced"][0]["reason"], "to see what AWS says");
    assert!(codes(&shown["eksform"]["findings"]).contains(&"addon-needs-iam"), "{shown:#}");
    world.run(&["apply", "p"]).ends(1).says(&["Json schema validation failed"]);
}

#[test]
fn findings_as_json() {
    let world = World::of(STACK);
    let document = json(&world.run(&["check", "--json"]).done().stdout);
    assert_eq!(document["valid"], true);
    let found = codes(&document["diagnostics"]);
    assert!(found.contains(&"addon-needs-iam") && found.contains(&"unused-silence"), "{found:?}");
    let needs = document["diagnostics"].as_array().expect("a list");
    let needs = needs.iter().find(|entry| entry["code"] == "addon-needs-iam").expect("found");
    assert_eq!(needs["address"], "addon.vpc-cni");
    assert_eq!(needs["range"]["filename"], "main.eks.hcl");
    assert_eq!(document["silenced"], Value::Array(Vec::new()));
    // What is wrong with the files is said in the same way.
    world.edit("role \"orders\" {}", "role \"orders\" { nme = \"x\" }");
    let document = json(&world.run(&["check", "--json"]).ends(1).stdout);
    assert_eq!(codes(&document["diagnostics"]), ["unknown-attribute"]);
}

/// What the official schema of SARIF 2.1.0 has to say of a log.
fn sarif_problem(log: &Value) -> Option<String> {
    let text = include_str!("../../testdata/sarif/schema-2.1.0.json");
    let mut compiler = boon::Compiler::new();
    let name = "https://json.schemastore.org/sarif-2.1.0.json";
    compiler.add_resource(name, json(text)).expect("a schema");
    let mut schemas = boon::Schemas::new();
    let index = compiler.compile(name, &mut schemas).expect("it compiles");
    schemas.validate(log, index).err().map(|error| format!("{error:#}"))
}

#[test]
fn findings_as_sarif() {
    let world = World::of(STACK);
    let log = json(&world.run(&["check", "--sarif"]).done().stdout);
    assert_eq!(sarif_problem(&log), None);
    let mut broken = log.clone();
    broken["runs"][0]["results"][0]["level"] = "catastrophe".into();
    assert!(sarif_problem(&broken).is_some(), "the schema is really asked");
    let results = log["runs"][0]["results"].as_array().expect("results");
    let needs = results.iter().find(|result| result["ruleId"] == "addon-needs-iam").expect("found");
    let place = &needs["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "main.eks.hcl");
    assert_eq!(place["region"]["startLine"], 18);
    // Into a file the rest is printed as always; a silenced finding is in it with its reason.
    world.edit("addon \"vpc-cni\" {", "# eksform:ignore addon-needs-iam the nodes may\naddon \"vpc-cni\" {");
    world.run(&["check", "--sarif=found.sarif"]).done().says(&["1 silenced in the files."]);
    let log = json(&world.read("found.sarif"));
    assert_eq!(sarif_problem(&log), None);
    let results = log["runs"][0]["results"].as_array().expect("results");
    let needs = results.iter().find(|result| result["ruleId"] == "addon-needs-iam").expect("found");
    assert_eq!(needs["suppressions"][0]["justification"], "the nodes may");
    // Errors in the files are findings too.
    world.edit("role \"orders\" {}", "role \"orders\" { nme = \"x\" }");
    let log = json(&world.run(&["check", "--sarif"]).ends(1).stdout);
    assert_eq!(sarif_problem(&log), None);
    assert_eq!(log["runs"][0]["results"][0]["ruleId"], "unknown-attribute");
}

/// One list answers for every add-on of a Kubernetes version.
#[test]
fn the_catalog_is_asked_sparingly() {
    let mut text = STACK.to_string();
    for addon in ["coredns", "kube-proxy", "eks-pod-identity-agent", "aws-ebs-csi-driver"] {
        text.push_str(&format!("\naddon \"{addon}\" {{\n  cluster = cluster.demo.name\n}}\n"));
    }
    let world = World::of(&text);
    let (_, calls) = world.during(|| world.run(&["check"]).done());
    assert_eq!(count(&calls, "DescribeAddonVersions"), 1);
    assert_eq!(count(&calls, "DescribeAddonConfiguration"), 5);
    assert_eq!(count(&calls, "DescribeClusterVersions"), 1);
}

/// A rule whose facts may not be read is left out, and that is said.
#[test]
fn what_could_not_be_read_is_said() {
    let world = World::of(STACK);
    let server = world.server();
    let denied =
        |operation: &str| serde_json::json!({"operation": operation, "fault": {"kind": "access_denied"}});
    server.faults(&serde_json::json!([denied("DescribeAddonVersions"), denied("DescribeClusterVersions")]));
    let checked = world.run(&["check"]).done();
    assert!(!checked.stdout.contains("addon-needs-iam"), "{}", checked.stdout);
    checked.says(&["note[rules-not-applied]", "versions of vpc-cni", "Kubernetes versions"]);
    world.plan().done().complains(&["note[rules-not-applied]"]);
}

#[test]
fn a_silence_in_a_json_file() {
    let world = World::of(STACK);
    world.write(
        "adot.eks.json",
        r#"{
  "role": {
    "adot": {}
  },
  "addon": {
    "aws-ebs-csi-driver": {
      "//": "eksform:ignore addon-needs-iam the nodes have the permissions",
      "cluster": "${cluster.demo.name}"
    }
  }
}
"#,
    );
    let checked = world.run(&["check"]).done();
    checked.says(&["The add-on vpc-cni needs", "; 1 silenced in the files."]);
}
