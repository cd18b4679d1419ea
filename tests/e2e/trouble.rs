//! Calls that fail, answers that get lost, and applies that are stopped half-way.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use serde_json::json;

use super::server::Server;
use super::world::{Run, World, count, writes};

/// An apply that runs until its output holds a text, and is then handed over still running.
struct Running {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
    seen: String,
}

impl Running {
    fn until(world: &World, text: &str) -> Self {
        let mut command = world.command(&["apply", "--auto-approve", "--sandbox=../sandbox"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut seen = String::new();
        while !seen.contains(text) {
            assert_ne!(out.read_line(&mut seen).unwrap(), 0, "no {text:?} in\n{seen}");
        }
        Self { child, out, seen }
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    fn end(mut self) -> Run {
        self.out.read_to_string(&mut self.seen).unwrap();
        let mut stderr = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        Run { code: self.child.wait().unwrap().code().unwrap_or(-1), stdout: self.seen, stderr }
    }
}

/// The lines after the plan, sorted: what goes on at once is printed in any order.
fn told(run: &Run) -> String {
    let at = run.stdout.find("\nPlan: ").unwrap();
    let (_, told) = run.stdout[at + 1..].split_once('\n').unwrap();
    told.to_string()
}

#[tokio::test]
async fn a_refused_call_leaves_a_clear_summary_and_a_second_apply_finishes() {
    let world = World::example("pod-identity");
    world.edit("stack \"pod-identity\" {}", "stack \"pod-identity\" {}\npod_identity_association \"a\" {\n  cluster = cluster.demo.name\n  namespace = \"shop\"\n  service_account = \"a\"\n  role_arn = role.vpc_cni.arn\n  depends_on = [addon.vpc-cni]\n}\n");
    let server = world.server();
    server.faults(&json!([{"operation": "CreateAddon", "fault": {"kind": "access_denied"}}]));
    // One thing at a time, so that the lines come in one order.
    let failed = world.run(&["apply", "--auto-approve", "--parallelism=1"]).ends(1);
    world.snapshot(&told(&failed), "refused-call");
    failed.says(&["AccessDenied", "eks:CreateAddon", "skipped"]);
    server.faults(&json!([]));
    let (finished, calls) = world.during(|| world.apply().done());
    finished.says(&["Apply complete! Resources: 2 added, 0 changed, 0 destroyed."]);
    assert_eq!(writes(&calls), ["CreateAddon", "CreatePodIdentityAssociation"]);
    world.unchanged();
}

#[test]
fn a_missing_policy_fails_its_role_and_what_needs_it_only() {
    let world = World::example("pod-identity");
    world.edit("AmazonEKS_CNI_Policy", "AmazonEKS_CNI_Polizy");
    let failed = world.run(&["apply", "--auto-approve", "--parallelism=1"]).ends(1);
    world.snapshot(&told(&failed), "missing-policy");
    failed.says(&["cluster.demo: created", "AmazonEKS_CNI_Polizy"]);
    world.edit("AmazonEKS_CNI_Polizy", "AmazonEKS_CNI_Policy");
    let (finished, calls) = world.during(|| world.apply().done());
    finished.says(&["1 added, 1 changed"]);
    assert_eq!(writes(&calls), ["AttachRolePolicy", "CreateAddon"]);
    world.unchanged();
}

#[tokio::test]
async fn an_add_on_that_fails_is_said_why_and_replaced_the_next_time() {
    let world = World::example("pod-identity");
    let server = world.server();
    server.faults(&json!([{"operation": "CreateAddon", "nth": 1,
        "fault": {"kind": "fail", "code": "AccessDenied", "message": "no permission for the DaemonSet"}}]));
    world.apply().ends(1).says(&["CREATE_FAILED", "no permission for the DaemonSet", "AccessDenied"]);
    world.plan().done().says(&["addon.vpc-cni", "must be replaced"]);
    let (_, calls) = world.during(|| world.apply().done());
    assert_eq!(writes(&calls), ["DeleteAddon", "CreateAddon"]);
    world.unchanged();
}

#[tokio::test]
async fn lost_answers_and_throttling_are_overcome() {
    let world = World::example("pod-identity");
    let server = world.server();
    server.faults(&json!([
        {"operation": "CreateRole", "nth": 1, "fault": {"kind": "reset_after"}},
        {"operation": "CreateRole", "nth": 2, "fault": {"kind": "throttle"}},
        {"operation": "AttachRolePolicy", "nth": 1, "fault": {"kind": "throttle"}},
        {"operation": "CreateCluster", "nth": 1, "fault": {"kind": "reset_after"}},
        {"operation": "CreateAddon", "nth": 1, "fault": {"kind": "throttle"}},
    ]));
    world.apply().done().says(&["Apply complete! Resources: 4 added, 0 changed, 0 destroyed."]);
    let made = server.iam.list_roles().send().await.unwrap().roles.len();
    assert_eq!(made, 2);
    assert!(count(&world.calls(), "CreateAddon") >= 2);
    world.unchanged();
}

#[test]
fn an_update_that_fails_is_said_why_and_sent_again() {
    let world = World::example("pod-identity");
    let server = world.server();
    world.apply().done();
    server.faults(&json!([{"operation": "UpdateAddon", "nth": 1,
        "fault": {"kind": "fail", "code": "ConfigurationConflict", "message": "somebody else set it"}}]));
    world.edit(
        "eksbuild.1\"\n",
        "eksbuild.1\"\n  configuration_values = { env = { WARM_IP_TARGET = \"2\" } }\n",
    );
    world.apply().ends(1).says(&["somebody else set it", "ConfigurationConflict"]);
    let (_, calls) = world.during(|| world.apply().done());
    assert_eq!(writes(&calls), ["UpdateAddon"]);
    world.unchanged();
}

/// Each call that an apply or a destroy makes, refused once: the next run goes on from there.
#[test]
fn whatever_call_fails_the_next_run_finishes() {
    let making = ["CreateRole", "AttachRolePolicy", "CreateCluster", "CreateAddon"];
    let removing = ["DeleteAddon", "DeleteCluster", "DetachRolePolicy", "DeleteRole"];
    let destroy = ["destroy", "--auto-approve", "--allow-destroy", "cluster.demo"];
    let refuse = |server: &Server, operation: &str, kind: &str| {
        let fault = json!({"kind": kind});
        server.faults(&json!([{"operation": operation, "nth": 1, "fault": fault}]));
    };
    std::thread::scope(|scope| {
        for (make, remove) in making.into_iter().zip(removing) {
            scope.spawn(move || {
                let world = World::example("pod-identity");
                let server = world.server();
                refuse(&server, make, "access_denied");
                world.apply().ends(1).says(&["Apply incomplete", make]);
                world.apply().done();
                world.unchanged();
                refuse(&server, remove, "access_denied");
                world.run(&destroy).ends(1).says(&[remove, "A second run goes on from here"]);
                world.run(&destroy).done();
                world.run(&destroy).done().says(&["No changes."]);
                // And an answer that is lost is no failure at all.
                refuse(&server, make, "reset_after");
                world.apply().done().says(&["4 added"]);
                refuse(&server, remove, "reset_after");
                world.run(&destroy).done().says(&["4 destroyed"]);
            });
        }
    });
}

#[test]
fn an_apply_that_was_killed_goes_on_where_it_stopped() {
    std::thread::scope(|scope| {
        for text in ["role.cluster: creating", "cluster.demo: creating", "addon.vpc-cni: creating"] {
            scope.spawn(move || {
                let world = World::example("pod-identity");
                let mut running = Running::until(&world, text);
                running.child.kill().unwrap();
                running.child.wait().unwrap();
                world.apply().done();
                world.unchanged();
                let calls = world.calls();
                for operation in ["CreateCluster", "CreateAddon"] {
                    assert!(count(&calls, operation) <= 2, "{text}: {:?}", writes(&calls));
                }
            });
        }
    });
}

#[test]
fn the_first_interrupt_finishes_what_is_in_flight() {
    let world = World::example("pod-identity");
    let server = world.server_with(&["--speed", "300"]);
    let running = Running::until(&world, "cluster.demo: creating");
    running.signal("INT");
    let stopped = running.end().ends(1);
    assert!(stopped.stderr.contains("Stopping"), "{}", stopped.stderr);
    let stopped =
        stopped.says(&["cluster.demo: created", "addon.vpc-cni", "interrupted before it was started"]);
    let summary = &stopped.stdout[stopped.stdout.find("cluster.demo: created").unwrap()..];
    world.snapshot(&summary[summary.find('\n').unwrap() + 1..], "interrupted");
    assert_eq!(count(&world.calls(), "CreateAddon"), 0);
    world.apply().done().says(&["1 added"]);
    drop(server);
    world.unchanged();
}

#[test]
fn the_second_interrupt_leaves_at_once() {
    let world = World::example("pod-identity");
    let server = world.server_with(&["--speed", "1"]);
    let running = Running::until(&world, "cluster.demo: creating");
    running.signal("INT");
    // The second one counts only once the first was heard.
    std::thread::sleep(std::time::Duration::from_millis(200));
    running.signal("TERM");
    let left = running.end().ends(1);
    left.complains(&["Leaving at once"]).says(&["cluster.demo", "may be half done"]);
    drop(server);
}
