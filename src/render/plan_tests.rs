//! Plans as the terminal shows them. The texts are in `testdata/render`; `SNAPSHOTS=overwrite` writes them.

use super::fixtures::*;
use super::{Style, plan as render};
use crate::live::{Coverage, Object, Phase};
use crate::plan::{Change, ChangeAction, ChangeId, Edge, EdgeKind, Ownership, Plan, PlannedOutput, Reason};
use crate::value::{Address, Path, Type, Value};
use serde_json::json;

/// Holds a plan's text against `testdata/render/<file>`.
#[track_caller]
fn shows(plan: &Plan, file: &str) {
    let text = render(plan, Style::plain());
    assert_eq!(text, render(&plan.clone(), Style::plain()), "the same bytes each time");
    assert!(!text.contains('\u{1b}'), "no escape sequence in plain text");
    assert!(text.lines().all(|line| line == line.trim_end()), "no blanks at the end of a line: {text}");
    holds(&text, file);
}

fn live_cluster() -> Object {
    live(
        "cluster.demo",
        cluster(),
        json!({
            "arn": "arn:aws:eks:us-east-2:123456789012:cluster/demo",
            "endpoint": "https://example.gr7.us-east-2.eks.amazonaws.com",
            "platform_version": "eks.5",
            "access_config": {"authentication_mode": "API"},
            "deletion_protection": false,
        }),
    )
}

fn live_role() -> Object {
    live("role.vpc_cni", role(), json!({ "arn": ROLE_ARN, "unique_id": "AROAEXAMPLE" }))
}

fn live_addon(accounts: &[&str]) -> Object {
    live(
        "addon.vpc-cni",
        addon(accounts),
        json!({"arn": "arn:aws:eks:us-east-2:123456789012:addon/demo/vpc-cni/1", "modified_at": "2026-01-01T00:00:00Z"}),
    )
}

fn live_association() -> Object {
    live(
        "pod_identity_association.orders",
        association(),
        json!({"association_id": "a-1", "external_id": null}),
    )
}

fn group(address: &str, desired: &crate::value::Map, object: Option<&Object>) -> Vec<Change> {
    changes(address, desired, object)
}

#[test]
fn creates_every_kind() {
    let mut plan = plan(vec![
        group("role.vpc_cni", &role(), None),
        group("cluster.demo", &cluster(), None),
        group("addon.vpc-cni", &addon(&["aws-node"]), None),
        group("pod_identity_association.orders", &association(), None),
    ]);
    let unknown =
        Value::after_apply(Type::String, Address::root("cluster", "demo"), Path::attribute("endpoint"));
    plan.outputs = vec![
        PlannedOutput { name: "endpoint".into(), value: unknown, description: None },
        PlannedOutput { name: "roles".into(), value: value(json!([ROLE_ARN])), description: None },
        PlannedOutput { name: "secret".into(), value: Value::from("s3cr3t").mark(true), description: None },
    ];
    shows(&plan, "create.txt");
}

#[test]
fn updates_in_place() {
    let mut wanted = cluster();
    wanted.insert("version".into(), Value::from("1.31"));
    wanted.insert("enabled_log_types".into(), set(&["api", "audit"]));
    let vpc = json!({"endpoint_public_access": false, "endpoint_private_access": true, "public_access_cidrs": ["0.0.0.0/0"]});
    let mut vpc = value(vpc).as_map().expect("an object").clone();
    vpc.insert("subnet_ids".into(), set(&["subnet-0a", "subnet-0c"]));
    vpc.insert("public_access_cidrs".into(), set(&["0.0.0.0/0"]));
    wanted.insert("vpc".into(), Value::map(vpc));
    let mut addon_wanted = addon(&["aws-node", "other"]);
    addon_wanted.insert("tags".into(), value(json!({"a": "1", "b": "2"})));
    let mut addon_live = live_addon(&["aws-node", "gone"]);
    addon_live.attributes.insert("tags".into(), value(json!({"a": "0", "c": "3", "d": "4", "aws:x": "y"})));
    addon_wanted.insert("tags".into(), value(json!({"a": "1", "b": "2", "d": "4"})));
    let mut association_wanted = association();
    association_wanted.insert("role_arn".into(), Value::from("arn:aws:iam::123456789012:role/other"));
    shows(
        &plan(vec![
            group("cluster.demo", &wanted, Some(&live_cluster())),
            group("addon.vpc-cni", &addon_wanted, Some(&addon_live)),
            group("pod_identity_association.orders", &association_wanted, Some(&live_association())),
        ]),
        "update.txt",
    );
}

#[test]
fn an_association_gets_another_role() {
    let mut wanted = addon(&["a", "b"]);
    let other = Value::object([
        ("service_account", Value::from("b")),
        ("role_arn", Value::from("arn:aws:iam::123456789012:role/b")),
    ]);
    let mut blocks = wanted.get("pod_identity_association").and_then(Value::as_map).expect("blocks").clone();
    blocks.insert("b".into(), other);
    wanted.insert("pod_identity_association".into(), Value::map(blocks));
    shows(&plan(vec![group("addon.vpc-cni", &wanted, Some(&live_addon(&["a", "b"])))]), "association.txt");
}

#[test]
fn policies_show_what_aws_would_see() {
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"},
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": ["arn:aws:sqs:us-east-2:123456789012:q"],
         "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}},
        {"Effect": "Deny", "Action": "iam:*", "Resource": "*"},
    ]});
    let old = json!({"Statement": [
        {"Effect": "Deny", "Resource": ["*"], "Action": ["IAM:*"]},
        {"Resource": ["*"], "Action": ["s3:listbucket", "s3:PutObject", "S3:GetObject"], "Effect": "Allow", "Sid": "Read"},
        {"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": "arn:aws:sqs:us-east-2:123456789012:old",
         "Condition": {"StringEquals": {"aws:SourceAccount": ["123456789012"]}}},
        {"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"},
    ], "Version": "2012-10-17"});
    let mut wanted = role();
    wanted.insert(
        "inline_policies".into(),
        Value::object([("app", value(document.clone())), ("same", value(document.clone()))]),
    );
    let mut object = live_role();
    let reordered = json!({"Statement": document["Statement"].as_array().expect("list").iter().rev().collect::<Vec<_>>(), "Version": "2012-10-17"});
    object.attributes.insert(
        "inline_policies".into(),
        Value::object([
            ("app", Value::from(old.to_string())),
            ("same", Value::from(reordered.to_string())),
            ("gone", value(json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}))),
        ]),
    );
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    object.attributes.insert("trust_policy".into(), Value::from(trust.to_string()));
    object.attributes.insert("managed_policies".into(), set(&["arn:aws:iam::aws:policy/Other"]));
    shows(&plan(vec![group("role.vpc_cni", &wanted, Some(&object))]), "policies.txt");
}

#[test]
fn documents_line_by_line() {
    let mut wanted = addon(&[]);
    let settings = json!({"env": {"A": "1", "B": "2"}, "args": ["x", "y", "z"], "replicas": 2, "same": {"deep": [1, 2]}, "text": "a\nb\nc\n"});
    wanted.insert("configuration_values".into(), value(settings));
    let mut object = live_addon(&[]);
    let yaml =
        "env: {A: '1', C: '3'}\nargs: [x, q, z]\nreplicas: 1\nsame: {deep: [1, 2]}\ntext: |\n  a\n  B\n  c\n";
    object.attributes.insert("configuration_values".into(), Value::from(yaml));
    shows(&plan(vec![group("addon.vpc-cni", &wanted, Some(&object))]), "document.txt");
}

#[test]
fn replaces() {
    let mut wanted = cluster();
    wanted.insert("name".into(), Value::from("demo"));
    wanted.insert("role_arn".into(), Value::from("arn:aws:iam::123456789012:role/other"));
    wanted.remove("version");
    let mut broken = live_addon(&["aws-node"]);
    broken.phase = Phase::Failed;
    broken.status = "CREATE_FAILED".into();
    let renamed_role = crate::render::fixtures::desired("role.app", [("name", Value::from("NewName"))]);
    let old_role = live(
        "role.app",
        desired("role.app", [("name", Value::from("OldName"))]),
        json!({"arn": "arn:aws:iam::123456789012:role/OldName", "unique_id": "AROAOLD"}),
    );
    let mut create = group("role.app", &renamed_role, None).remove(0);
    let mut delete = delete(Some("role.app"), "role", &old_role, Reason::Orphan);
    create.reason = Reason::Moved(delete.identity.clone());
    create.replaces = Some(ChangeId(1));
    delete.reason = Reason::Orphan;
    let mut plan = plan(vec![
        group("cluster.demo", &wanted, Some(&live_cluster())),
        group("addon.vpc-cni", &addon(&["aws-node"]), Some(&broken)),
        vec![create, delete],
    ]);
    plan.edges = vec![Edge { from: ChangeId(4), to: ChangeId(5), kind: EdgeKind::SameIdentity }];
    shows(&plan, "replace.txt");
}

#[test]
fn deletes() {
    let mut unnamed = live_role();
    unnamed.attributes.insert("name".into(), Value::from("Lost"));
    shows(
        &plan(vec![
            vec![delete(None, "role", &unnamed, Reason::Orphan)],
            vec![delete(Some("role.old"), "role", &live_role(), Reason::Orphan)],
            vec![delete(Some("addon.vpc-cni"), "addon", &live_addon(&["a", "b"]), Reason::Orphan)],
            vec![delete(
                Some("pod_identity_association.orders"),
                "pod_identity_association",
                &live_association(),
                Reason::Orphan,
            )],
            vec![delete(Some("cluster.demo"), "cluster", &live_cluster(), Reason::Destroy)],
        ]),
        "delete.txt",
    );
}

#[test]
fn adopts_renames_waits_releases() {
    let mut unowned = live_addon(&[]);
    unowned.attributes.remove("ownership");
    let mut adopted = group("addon.vpc-cni", &addon(&["aws-node"]), Some(&unowned));
    adopted[0].ownership = Ownership::Adopt { from: None };
    adopted[0].reason = Reason::Adopted;
    let mut foreign = live_role();
    foreign.attributes.insert("ownership".into(), value(json!({"eksform:stack": "other"})));
    let mut from_other = group("role.vpc_cni", &role(), Some(&foreign));
    from_other[0].ownership = Ownership::Adopt { from: Some("other".into()) };
    from_other[0].reason = Reason::Adopted;
    let old = live(
        "role.before",
        desired("role.before", [("name", Value::from("app"))]),
        json!({"arn": "arn:aws:iam::123456789012:role/app"}),
    );
    let mut renamed = group("role.app", &desired("role.app", []), Some(&old));
    renamed[0].reason = Reason::Renamed(Address::root("role", "before"));
    let mut moved = group(
        "addon.cni",
        &{
            let mut cni = addon(&["aws-node"]);
            cni.insert(
                "ownership".into(),
                value(json!({"eksform:stack": "demo", "eksform:address": "addon.cni"})),
            );
            cni
        },
        Some(&live_addon(&["aws-node"])),
    );
    moved[0].reason = Reason::Renamed(Address::root("addon", "vpc-cni"));
    let mut retagged = moved.clone();
    retagged[0].address = Some(Address::root("addon", "retagged"));
    retagged[0].reason = Reason::Differs;
    let mut busy = live_cluster();
    busy.phase = Phase::Busy;
    let mut released = renamed.clone();
    released[0].ownership = Ownership::Release;
    released[0].reason = Reason::Orphan;
    released[0].address = Some(Address::root("role", "free"));
    released[0].after = released[0].before.clone();
    shows(
        &plan(vec![
            adopted,
            from_other,
            renamed,
            moved,
            retagged,
            group("cluster.demo", &cluster(), Some(&busy)),
            released,
        ]),
        "ownership.txt",
    );
}

#[test]
fn keeps_secrets_and_steering_characters() {
    let mut wanted = addon(&[]);
    let secret = Value::from("hunter2").mark(true);
    let settings = Value::object([
        ("list", Value::list(vec![Value::from("a"), secret.clone()])),
        ("password", secret.clone()),
        ("plain", Value::from("x")),
    ]);
    wanted.insert("configuration_values".into(), settings);
    let mut object = live_addon(&[]);
    let live_settings = json!({"list": ["hunter1", "b"], "password": "hunter1", "plain": "y"});
    object.attributes.insert("configuration_values".into(), Value::from(live_settings.to_string()));
    let mut tagged = desired("role.t\u{fc}r", [("name", Value::from("x"))]);
    tagged.insert(
        "tags".into(),
        value(json!({"größe": "大きい", "steer": "\u{1b}[31mred\u{202e}", "zero": "a\u{200b}b", "tpl": "${x} $y %{z}"})),
    );
    tagged.insert("description".into(), secret);
    let plan =
        plan(vec![group("addon.vpc-cni", &wanted, Some(&object)), group("role.t\u{fc}r", &tagged, None)]);
    for style in [Style::plain(), Style::coloured()] {
        assert!(!render(&plan, style).contains("hunter"));
    }
    shows(&plan, "sensitive.txt");
}

#[test]
fn long_lists_and_keys() {
    let mut wanted = role();
    let arn = |index: usize| format!("arn:aws:iam::aws:policy/P{index:03}");
    let all: Vec<String> = (0..60).map(arn).collect();
    let mut names: Vec<&str> = all.iter().map(String::as_str).collect();
    let mut object = live_role();
    object.attributes.insert("managed_policies".into(), set(&names));
    names.remove(30);
    names.push("arn:aws:iam::aws:policy/New");
    wanted.insert("managed_policies".into(), set(&names));
    let plan = plan(vec![
        group("role.vpc_cni[\"b\"]", &wanted, Some(&object)),
        group("role.vpc_cni[\"a\"]", &wanted, Some(&object)),
        group("role.vpc_cni[10]", &wanted, Some(&object)),
        group("module.eu[0].role.x", &wanted, Some(&object)),
        group("role.vpc_cni[9]", &wanted, Some(&object)),
    ]);
    shows(&plan, "long.txt");
}

#[test]
fn nothing_to_do() {
    let mut empty = plan(vec![group("role.vpc_cni", &role(), Some(&live_role()))]);
    assert_eq!(
        render(&empty, Style::plain()),
        "No changes. Your infrastructure matches the configuration.\n"
    );
    let place = place(crate::kinds::schema("role").expect("a kind"));
    empty.coverage = vec![(place, "role".into(), Coverage::Partial("iam:ListRoles denied".into()))];
    assert_eq!(
        render(&empty, Style::plain()),
        "No changes; orphan roles could not be looked for (iam:ListRoles denied)\n"
    );
    empty.changes = plan(vec![group("role.vpc_cni", &role(), None)]).changes;
    let text = render(&empty, Style::plain());
    assert!(
        text.ends_with("Plan: 1 to add, 0 to change, 0 to destroy.\nIncomplete: Orphan roles could not be looked for (iam:ListRoles denied).\n"),
        "{text}"
    );
}

#[test]
fn colours_change_no_text() {
    let mut wanted = cluster();
    wanted.insert("role_arn".into(), Value::from("arn:aws:iam::123456789012:role/other"));
    let plan = plan(vec![
        group("cluster.demo", &wanted, Some(&live_cluster())),
        group("role.vpc_cni", &role(), None),
        vec![delete(Some("addon.vpc-cni"), "addon", &live_addon(&["a"]), Reason::Orphan)],
    ]);
    let coloured = render(&plan, Style::coloured());
    assert!(coloured.contains("\u{1b}[32m+\u{1b}[0m"));
    let mut bare = String::new();
    let mut rest = coloured.as_str();
    while let Some((text, sequence)) = rest.split_once('\u{1b}') {
        bare.push_str(text);
        rest = sequence.split_once('m').expect("a sequence ends").1;
    }
    bare.push_str(rest);
    assert_eq!(bare, render(&plan, Style::plain()));
}

#[test]
fn counts() {
    let adopted = Change {
        ownership: Ownership::Adopt { from: None },
        ..group("role.vpc_cni", &role(), None).remove(0)
    };
    let plan = plan(vec![
        vec![Change { action: ChangeAction::Update, ..adopted }],
        group("cluster.demo", &cluster(), None),
    ]);
    assert!(
        render(&plan, Style::plain()).ends_with("Plan: 1 to adopt, 1 to add, 0 to change, 0 to destroy.\n")
    );
}

#[test]
fn every_reason_in_words() {
    let parent = crate::kinds::schema("cluster").map(|schema| crate::value::Identity {
        scope: place(schema),
        kind: "cluster".into(),
        key: [crate::value::KeyPart::exact("demo")].into(),
    });
    let parent = parent.expect("a kind");
    let all = [
        Reason::Missing,
        Reason::Differs,
        Reason::Orphan,
        Reason::Destroy,
        Reason::Renamed(Address::root("role", "old")),
        Reason::ForcesReplacement(vec![Path::attribute("path")]),
        Reason::Triggered(vec![
            (Address::root("role", "app"), Path::ROOT),
            (Address::root("role", "other"), Path::attribute("path")),
        ]),
        Reason::Requested,
        Reason::Released,
        Reason::Broken("CREATE_FAILED".into()),
        Reason::ParentReplaced(parent.clone()),
        Reason::BeingDeleted,
        Reason::Moved(parent),
        Reason::Adopted,
        Reason::Busy("UPDATING".into()),
    ];
    let comments = |changes: Vec<Change>| -> String {
        let shown = render(&plan(vec![changes]), Style::plain());
        shown.lines().filter(|line| line.starts_with("  # ")).map(|line| format!("{line}\n")).collect()
    };
    let mut text = String::new();
    for reason in all {
        let word = format!("{reason:?}");
        text.push_str(word.split('(').next().unwrap_or_default());
        text.push('\n');
        let base = group("role.x", &role(), None).remove(0);
        let actions = [ChangeAction::Create, ChangeAction::Update, ChangeAction::Delete, ChangeAction::Await];
        for action in actions {
            let waits_first = reason == Reason::Differs;
            text.push_str(&comments(vec![Change {
                action,
                waits_first,
                reason: reason.clone(),
                ..base.clone()
            }]));
        }
        let replaced = Change { action: ChangeAction::Delete, reason: reason.clone(), ..base.clone() };
        text.push_str(&comments(vec![replaced, Change { reason, replaces: Some(ChangeId(0)), ..base }]));
    }
    holds(&text, "reasons.txt");
}
