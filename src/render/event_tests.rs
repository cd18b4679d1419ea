//! Events and outputs as the terminal shows them.

use super::event::elapsed;
use super::fixtures::*;
use super::{Style, event, outputs};
use crate::plan::{
    Because, ChangeAction, ChangeId, Event, Failure, Outcome, Ownership, Plan, Reason, Skipped,
};
use crate::stack::Mode;
use crate::value::{Address, Path, Type, Value};
use serde_json::json;
use std::time::Duration;

const ROLE: ChangeId = ChangeId(0);
const CLUSTER: ChangeId = ChangeId(1);
const ADDON: ChangeId = ChangeId(2);
const ORPHAN: ChangeId = ChangeId(3);
const ADOPTED: ChangeId = ChangeId(4);

fn fixture() -> Plan {
    let lost = live("role.lost", desired("role.lost", []), json!({}));
    let adopted = live(
        "addon.coredns",
        desired("addon.coredns", [("cluster", Value::from("demo"))]),
        json!({"ownership": null}),
    );
    let mut adopt = changes(
        "addon.coredns",
        &desired("addon.coredns", [("cluster", Value::from("demo"))]),
        Some(&adopted),
    );
    adopt[0].ownership = Ownership::Adopt { from: None };
    plan(vec![
        changes("role.vpc_cni", &role(), None),
        changes("cluster.demo", &cluster(), None),
        changes("addon.vpc-cni", &addon(&["aws-node"]), None),
        vec![delete(None, "role", &lost, Reason::Orphan)],
        adopt,
    ])
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn failure() -> Failure {
    Failure {
        change: CLUSTER,
        error: "AccessDeniedException: not authorized to perform eks:CreateCluster\u{1b}[2J\nRequest id: 1"
            .into(),
        exists: Some("nothing was created".into()),
        help: Some("allow eks:CreateCluster, then apply again".into()),
    }
}

#[test]
fn elapsed_times() {
    for (time, text) in
        [(0, "0s"), (5, "5s"), (59, "59s"), (60, "1m0s"), (80, "1m20s"), (3600, "1h0m"), (3725, "1h2m")]
    {
        assert_eq!(elapsed(seconds(time)), text);
    }
    assert_eq!(elapsed(Duration::from_millis(999)), "0s");
}

#[test]
fn progress() {
    let plan = fixture();
    let progress = |change, status: &str, elapsed| Event::Progress {
        change,
        status: status.into(),
        elapsed: seconds(elapsed),
    };
    let finished = |change, arn: Option<&str>, notes: &[&str]| Event::Finished {
        change,
        elapsed: seconds(2),
        arn: arn.map(Into::into),
        notes: notes.iter().map(|note| (*note).into()).collect(),
    };
    let events = [
        Event::Started { change: ROLE, action: ChangeAction::Create },
        finished(ROLE, None, &[]),
        Event::Started { change: CLUSTER, action: ChangeAction::Create },
        progress(CLUSTER, "CREATING", 80),
        progress(CLUSTER, "", 90),
        progress(ADDON, "DEGRADED", 3700),
        finished(
            ADDON,
            Some("arn:aws:eks:us-east-2:123456789012:addon/demo/vpc-cni/1"),
            &["DEGRADED: InsufficientNumberOfReplicas\nThere is no compute yet."],
        ),
        Event::Started { change: ORPHAN, action: ChangeAction::Delete },
        finished(ORPHAN, None, &[]),
        Event::Started { change: ADOPTED, action: ChangeAction::Update },
        finished(ADOPTED, None, &[]),
        Event::Failed { failure: failure(), elapsed: seconds(12) },
        Event::Skipped(Skipped { change: ADDON, because: Because::Needs(CLUSTER) }),
        Event::Skipped(Skipped { change: ADOPTED, because: Because::Reason("interrupted".into()) }),
    ];
    let text: String = events.iter().filter_map(|one| event(one, &plan, Style::plain())).collect();
    assert!(!text.contains('\u{1b}'));
    assert!(event(&events[0], &plan, Style::coloured()).is_some_and(|text| text.contains('\u{1b}')));
    holds(&text, "events.txt");
}

#[test]
fn endings() {
    let mut plan = fixture();
    let complete = Outcome { added: 3, changed: 1, ..Outcome::default() };
    let show = |outcome: &Outcome, plan: &Plan| {
        event(&Event::Summary(outcome.clone()), plan, Style::plain()).expect("a summary always shows")
    };
    assert_eq!(show(&complete, &plan), "\nApply complete! Resources: 3 added, 1 changed, 0 destroyed.\n");
    let adopted = Outcome { adopted: 2, ..complete };
    assert_eq!(
        show(&adopted, &plan),
        "\nApply complete! Resources: 2 adopted, 3 added, 1 changed, 0 destroyed.\n"
    );
    let incomplete = Outcome {
        added: 1,
        failed: vec![failure()],
        skipped: vec![Skipped { change: ADDON, because: Because::Needs(CLUSTER) }],
        abandoned: vec![ORPHAN],
        ..Outcome::default()
    };
    holds(&show(&incomplete, &plan), "incomplete.txt");
    plan.mode = Mode::Destroy;
    let destroyed = Outcome { destroyed: 7, ..Outcome::default() };
    assert_eq!(show(&destroyed, &plan), "\nDestroy complete! Resources: 7 destroyed.\n");
}

#[test]
fn values_of_outputs() {
    let unknown = Value::after_apply(Type::String, Address::root("cluster", "demo"), Path::attribute("arn"));
    let all = value(json!({
        "deep": {"a b": [1, "x", null, {"k": true}], "c": {}, "d": []},
        "text": "line\n  more\n\nlast\n",
        "not_heredoc": "a\n${b}\n",
        "number": 1.5,
    }));
    let mut named: Vec<(&str, &Value)> =
        all.as_map().expect("an object").iter().map(|(name, value)| (&**name, value)).collect();
    let (secret, words) = (Value::from("s").mark(true), set(&["b", "a"]));
    named.extend([("secret", &secret), ("set", &words), ("unknown", &unknown)]);
    let text = outputs(named, Style::plain());
    holds(&text, "outputs.txt");
    assert_eq!(outputs([], Style::plain()), "");
}

#[test]
fn known_values_read_back() {
    for json in [
        json!("a\nb\n"),
        json!("a\n b"),
        json!("  a\n b\n"),
        json!("EOT\nEOT\n"),
        json!("${x} %{y} \\ \" \u{1} \u{202e}"),
        json!({"é \"": [1, {"a": "x\n  y\n\nz\n"}]}),
    ] {
        let text = format!("x = {}\n", super::value(&value(json.clone()), 0, Style::plain()));
        let read: serde_json::Value = hcl::eval::from_str(&text, &hcl::eval::Context::new())
            .unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(read["x"], json, "{text}");
    }
}
