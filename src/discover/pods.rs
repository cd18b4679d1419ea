//! The pods of a service account, as Kubernetes lists them: whether they run and whether they carry what the webhook
//! of EKS Pod Identity puts into a pod when it is created.

use super::concern::{Concern, Concerns};
use crate::value::Text;
use serde_json::Value;
use std::collections::BTreeSet;

/// Where the SDKs in a container ask for credentials.
const VARIABLE: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
/// The projected volume with the token that they show.
const TOKEN: &str = "eks-pod-identity-token";
/// The annotation that names containers the webhook leaves alone.
const SKIPPED: &str = "eks.amazonaws.com/skip-containers";
/// The label that pods on Fargate carry.
const FARGATE: &str = "eks.amazonaws.com/fargate-profile";
/// Names beyond which no more are listed.
const SHOWN: usize = 3;

/// What matters of a pod that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    pub name: Text,
    pub service_account: Text,
    /// `Running`, `Pending`, or why a container waits: `CrashLoopBackOff`.
    pub state: Text,
    /// Whether it runs and is ready.
    pub ready: bool,
    pub fargate: bool,
    /// Containers without the variable or without the token.
    pub without_credentials: Vec<Text>,
    /// What restarts it: `daemonset/aws-node`; nothing for a pod on its own.
    pub workload: Option<String>,
}

/// The pods of a `PodList` that have not ended and are not about to.
pub fn pods(list: &Value) -> Vec<Pod> {
    let items = list.get("items").and_then(Value::as_array);
    items.into_iter().flatten().filter_map(Pod::of).collect()
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("")
}

fn items<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = &'v Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

fn named(value: &Value, pointer: &str, name: &str) -> bool {
    items(value, pointer).any(|item| text(item, "/name") == name)
}

impl Pod {
    fn of(pod: &Value) -> Option<Self> {
        let phase = text(pod, "/status/phase");
        if ["Succeeded", "Failed"].contains(&phase) || pod.pointer("/metadata/deletionTimestamp").is_some() {
            return None;
        }
        let metadata = |map: &str, key: &str| {
            let value = pod.pointer(map)?.get(key)?;
            value.as_str()
        };
        let ready = phase == "Running"
            && items(pod, "/status/conditions")
                .any(|condition| text(condition, "/type") == "Ready" && text(condition, "/status") == "True");
        let waiting = ["/status/initContainerStatuses", "/status/containerStatuses"]
            .into_iter()
            .flat_map(|statuses| items(pod, statuses))
            .map(|status| text(status, "/state/waiting/reason"))
            .find(|reason| !reason.is_empty() && *reason != "PodInitializing");
        let state = match (ready, waiting, phase) {
            (false, Some(reason), _) => reason,
            (false, None, "Running") => "not ready",
            (_, _, "") => "Unknown",
            (_, _, phase) => phase,
        };
        let skipped: BTreeSet<&str> =
            metadata("/metadata/annotations", SKIPPED).unwrap_or("").split(',').map(str::trim).collect();
        let token = items(pod, "/spec/volumes")
            .any(|volume| text(volume, "/name") == TOKEN && volume.get("projected").is_some());
        let without_credentials = items(pod, "/spec/containers")
            .filter(|container| !skipped.contains(text(container, "/name")))
            .filter(|container| {
                !(token && named(container, "/env", VARIABLE) && named(container, "/volumeMounts", TOKEN))
            })
            .map(|container| Text::from(text(container, "/name")))
            .collect();
        let account = text(pod, "/spec/serviceAccountName");
        Some(Self {
            name: text(pod, "/metadata/name").into(),
            service_account: if account.is_empty() { "default".into() } else { account.into() },
            state: state.into(),
            ready,
            fargate: metadata("/metadata/labels", FARGATE).is_some(),
            without_credentials,
            workload: workload(pod),
        })
    }

    /// Whether it can ask for credentials.
    pub fn carries_credentials(&self) -> bool {
        self.without_credentials.is_empty()
    }
}

/// What restarts a pod.
fn workload(pod: &Value) -> Option<String> {
    let owner = items(pod, "/metadata/ownerReferences").find(|owner| owner.get("controller").is_some())?;
    let (kind, name) = (text(owner, "/kind"), text(owner, "/name"));
    match kind {
        "DaemonSet" | "StatefulSet" => Some(format!("{}/{name}", kind.to_ascii_lowercase())),
        // A deployment's replica set is named after it and a hash of the template.
        "ReplicaSet" => Some(format!("deployment/{}", name.rsplit_once('-')?.0)),
        _ => None,
    }
}

/// How many pods a service account has, and how many are as they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodCount {
    pub fine: usize,
    pub all: usize,
}

/// Holds the pods of a service account against what they should be.
pub(super) fn judge(
    namespace: &str,
    account: &str,
    pods: &[Pod],
    has_compute: bool,
    concerns: &mut Concerns,
) -> PodCount {
    let of_account: Vec<&Pod> = pods.iter().filter(|pod| *pod.service_account == *account).collect();
    if of_account.is_empty() {
        concerns.warn("no pod of this service account runs");
    }
    let idle: Vec<&Pod> = of_account.iter().copied().filter(|pod| !pod.ready).collect();
    if !idle.is_empty() {
        let shown = some(idle.iter().map(|pod| format!("{} ({})", pod.name, pod.state)));
        let concern = Concern::failing(format!("not all of its pods run: {shown}"));
        concerns.push(if has_compute { concern } else { concern.only_warns() });
    }
    let fargate: Vec<&Pod> = of_account.iter().copied().filter(|pod| pod.fargate).collect();
    if !fargate.is_empty() {
        let shown = some(fargate.iter().map(|pod| pod.name.to_string()));
        concerns.push(
            Concern::failing(format!("pods on Fargate get no credentials from EKS Pod Identity: {shown}"))
                .help("use IRSA for them, or let them run on Linux nodes of EC2"),
        );
    }
    let without: Vec<&Pod> =
        of_account.iter().copied().filter(|pod| !pod.carries_credentials() && !pod.fargate).collect();
    if !without.is_empty() {
        let shown = some(without.iter().map(|pod| {
            let containers: Vec<&str> = pod.without_credentials.iter().map(|name| &**name).collect();
            format!("{} (container {})", pod.name, containers.join(", "))
        }));
        let workloads: BTreeSet<&String> = without.iter().filter_map(|pod| pod.workload.as_ref()).collect();
        let restart: Vec<String> = workloads
            .into_iter()
            .map(|workload| format!("kubectl --namespace {namespace} rollout restart {workload}"))
            .collect();
        let help =
            if restart.is_empty() { "delete and create them again".into() } else { restart.join("\n") };
        concerns.push(
            Concern::failing(format!(
                "pods without {VARIABLE} or the volume {TOKEN}, as they were started before the association: {shown}"
            ))
            .help(format!("they have to be restarted: {help}")),
        );
    }
    let fine = of_account.iter().filter(|pod| pod.ready && !pod.fargate && pod.carries_credentials()).count();
    PodCount { fine, all: of_account.len() }
}

/// The first few of many.
fn some(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::Outcome;
    use serde_json::json;

    fn judged(pod: &Value, has_compute: bool) -> (PodCount, Vec<(Outcome, String)>) {
        let mut concerns = Concerns::default();
        let count = judge("shop", "orders", &pods(&json!({"items": [pod]})), has_compute, &mut concerns);
        (count, concerns.0.into_iter().map(|concern| (concern.outcome, concern.text)).collect())
    }

    fn pod() -> Value {
        json!({
            "metadata": {"name": "orders-1"},
            "spec": {
                "serviceAccountName": "orders",
                "containers": [
                    {"name": "main", "env": [{"name": VARIABLE, "value": "http://169.254.170.23/v1/credentials"}],
                     "volumeMounts": [{"name": TOKEN}]},
                    {"name": "proxy"},
                ],
                "volumes": [{"name": TOKEN, "projected": {}}],
            },
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
        })
    }

    #[test]
    fn every_container_carries_credentials_unless_it_is_skipped() {
        let (count, concerns) = judged(&pod(), true);
        assert_eq!(count, PodCount { fine: 0, all: 1 });
        assert!(concerns[0].1.ends_with("orders-1 (container proxy)"), "{concerns:?}");
        let mut skipped = pod();
        skipped["metadata"]["annotations"] = json!({SKIPPED: "other, proxy"});
        assert_eq!(judged(&skipped, true), (PodCount { fine: 1, all: 1 }, Vec::new()));
        // The token has to be there too, not its name alone.
        skipped["spec"]["volumes"] = json!([{"name": TOKEN, "emptyDir": {}}]);
        assert_eq!(judged(&skipped, true).0, PodCount { fine: 0, all: 1 });
    }

    #[test]
    fn pods_that_do_not_run_are_a_failure_where_they_could() {
        let mut pending = pod();
        pending["metadata"]["annotations"] = json!({SKIPPED: "proxy"});
        pending["status"] = json!({"phase": "Pending"});
        let text = "not all of its pods run: orders-1 (Pending)".to_string();
        assert_eq!(judged(&pending, true).1, [(Outcome::NotWorking, text.clone())]);
        assert_eq!(judged(&pending, false).1, [(Outcome::Warning, text)]);
        // What has ended or is about to counts as not there.
        pending["metadata"]["deletionTimestamp"] = json!("2030-01-01T00:00:00Z");
        assert_eq!(judged(&pending, true).0, PodCount { fine: 0, all: 0 });
        assert_eq!(pods(&json!({"items": "none"})), []);
    }

    #[test]
    fn fargate_gets_no_credentials() {
        let mut fargate = pod();
        fargate["metadata"]["labels"] = json!({FARGATE: "default"});
        let (count, concerns) = judged(&fargate, true);
        assert_eq!((count.fine, concerns.len()), (0, 1));
        assert!(concerns[0].1.contains("on Fargate"), "{concerns:?}");
    }

    #[test]
    fn what_restarts_a_pod() {
        for (kind, name, workload) in [
            ("DaemonSet", "aws-node", Some("daemonset/aws-node")),
            ("ReplicaSet", "ebs-csi-controller-5f6c", Some("deployment/ebs-csi-controller")),
            ("Job", "once", None),
        ] {
            let mut pod = pod();
            pod["metadata"]["ownerReferences"] = json!([{"kind": kind, "name": name, "controller": true}]);
            assert_eq!(super::workload(&pod).as_deref(), workload);
        }
    }
}
