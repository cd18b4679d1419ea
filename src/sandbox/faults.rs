//! Faults on purpose: which calls go wrong, and how.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::call::Caller;
use super::error::AwsError;
use super::iam::document::{Kind, check};
use super::iam::wildcard;
use super::model::Service;
use super::resource::Resource;
use super::store::Store;

/// What goes wrong in a sandbox. As a file it is JSON:
///
/// ```json
/// {"seed": 7, "rules": [
///   {"operation": "CreateAddon", "nth": 1, "fault": {"kind": "throttle"}},
///   {"operation": "iam:*", "rate": 0.1, "fault": {"kind": "reset_after"}}
/// ]}
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// What the dice of `rate` are thrown with.
    pub seed: u64,
    /// Each call meets every rule; the first that fires and refuses the call decides.
    pub rules: Vec<FaultRule>,
}

/// When something goes wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// The operation, with `*` and `?` as wildcards: `CreateAddon`, `Create*`, `iam:*`.
    pub operation: String,
    /// Only the nth matching call, counted from 1 for this rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
    /// Only this share of the matching calls, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// At most this many times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// What happens.
    pub fault: Fault,
}

/// How something goes wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// The answer comes this much later.
    Latency {
        /// Seconds, on the sandbox's clock.
        seconds: f64,
    },
    /// The service's throttling error, without effect.
    Throttle,
    /// The service's internal error, 500, without effect.
    InternalError,
    /// 503, without effect.
    Unavailable,
    /// The caller may not do it: 403, without effect.
    AccessDenied,
    /// The caller may do what this identity policy allows, and nothing else. Several that meet a call are like several
    /// policies of one role.
    Policy {
        /// The policy document.
        #[serde(deserialize_with = "identity_policy")]
        document: Value,
        /// Only for callers whose ARN, or whose role's ARN, fits this pattern; `*` and `?` are wildcards.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        principal: Option<String>,
    },
    /// Any other error, without effect.
    Error {
        /// AWS's code.
        code: String,
        /// Its text.
        message: String,
        /// The HTTP status.
        status: u16,
    },
    /// The connection ends before anything has happened.
    ResetBefore,
    /// It has happened, and the connection ends before the answer.
    ResetAfter,
    /// It has happened, and the answer is cut in half.
    Truncate,
    /// What the call starts never finishes.
    Stuck,
    /// What the call starts fails: CREATE_FAILED, FAILED or UPDATE_FAILED, with a health issue or an update error.
    Fail {
        /// The code of the issue, which must be one that the service has, such as `AccessDenied`.
        code: String,
        /// Its text.
        message: String,
    },
}

/// A document that IAM would take for an identity policy.
fn identity_policy<'de, D: Deserializer<'de>>(from: D) -> Result<Value, D::Error> {
    let document = Value::deserialize(from)?;
    check(&document.to_string(), Kind::Identity).map_err(|error| serde::de::Error::custom(error.message))
}

/// A broken connection, as an extension of the response to it. [`serve`](super::serve) acts on it; a transport in
/// process has to, if it wants to be as unreliable as a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// The connection ends without an answer.
    Reset,
    /// The answer ends after this many bytes of its body.
    Truncated(usize),
}

/// The rules with how often each has matched and fired.
#[derive(Default)]
pub(super) struct Active {
    faults: Faults,
    counts: Vec<(u64, u64)>,
}

/// What a call meets.
#[derive(Default)]
pub(super) struct Met {
    pub(super) latency: f64,
    pub(super) refusal: Option<AwsError>,
    pub(super) reset_before: bool,
    pub(super) reset_after: bool,
    pub(super) truncate: bool,
    /// The policies that bind the caller. If there are any, they must allow the call.
    pub(super) policies: Vec<Value>,
    twists: Vec<Fault>,
}

impl Active {
    pub(super) fn new(faults: Faults) -> Active {
        let counts = vec![(0, 0); faults.rules.len()];
        Active { faults, counts }
    }

    pub(super) fn meet(&mut self, service: Service, operation: &str, caller: &Caller) -> Met {
        let mut met = Met::default();
        let full = format!("{}:{operation}", service.signing_name());
        for (index, rule) in self.faults.rules.iter().enumerate() {
            if !wildcard(&rule.operation, operation) && !wildcard(&rule.operation, &full) {
                continue;
            }
            let (matched, fired) = &mut self.counts[index];
            *matched += 1;
            let dice = rule.rate.is_none_or(|rate| roll(self.faults.seed, index, *matched) < rate);
            if rule.nth.is_some_and(|nth| nth != *matched)
                || !dice
                || rule.times.is_some_and(|times| *fired >= times)
            {
                continue;
            }
            *fired += 1;
            met.add(&rule.fault, service, operation, caller);
        }
        met
    }
}

/// A number from 0 to 1, always the same for the same call of the same rule.
#[expect(clippy::cast_precision_loss, reason = "a die need not be exact")]
fn roll(seed: u64, rule: usize, call: u64) -> f64 {
    let hash = Sha256::digest(format!("{seed} {rule} {call}").as_bytes());
    let bits = hash.iter().take(6).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    bits as f64 / (1_u64 << 48) as f64
}

impl Met {
    fn add(&mut self, fault: &Fault, service: Service, operation: &str, caller: &Caller) {
        match fault {
            Fault::Latency { seconds } => self.latency += seconds.clamp(0.0, 3600.0),
            Fault::ResetBefore => self.reset_before = true,
            Fault::ResetAfter => self.reset_after = true,
            Fault::Truncate => self.truncate = true,
            Fault::Stuck | Fault::Fail { .. } => self.twists.push(fault.clone()),
            Fault::Policy { document, principal } => {
                let fits =
                    |pattern: &String| wildcard(pattern, &caller.arn) || wildcard(pattern, &caller.principal);
                if principal.as_ref().is_none_or(fits) {
                    self.policies.push(document.clone());
                }
            }
            other => {
                self.refusal.get_or_insert_with(|| refusal(other, service, operation, &caller.arn));
            }
        }
    }

    /// Makes what the call has just started stick or fail.
    pub(super) fn twist(&self, store: &mut Store) {
        for fault in &self.twists {
            for key in store.changed() {
                let Some(mut resource) = super::call::load::<Resource>(store, &key) else {
                    continue;
                };
                if resource.next.is_none() || resource.status.is_empty() {
                    continue;
                }
                match fault {
                    Fault::Fail { code, message } => fail(&mut resource, code, message),
                    _ => stick(&mut resource),
                }
                store.put(key, serde_json::to_value(&resource).unwrap_or_default());
            }
        }
    }
}

fn stick(resource: &mut Resource) {
    if let Some(next) = &mut resource.next {
        next.at = i64::MAX;
    }
}

fn fail(resource: &mut Resource, code: &str, message: &str) {
    let issue = json!({"code": code, "message": message, "resourceIds": []});
    let Some(next) = &mut resource.next else {
        return;
    };
    let (status, patch) = match resource.status.as_str() {
        "InProgress" => {
            let error = json!({"errorCode": code, "errorMessage": message, "resourceIds": []});
            ("Failed", Map::from_iter([("errors".to_owned(), json!([error]))]))
        }
        // Only clusters have a platform version.
        "CREATING" if resource.view.contains_key("platformVersion") => ("FAILED", Map::new()),
        "CREATING" => ("CREATE_FAILED", Map::new()),
        "UPDATING" if resource.view.contains_key("addonName") => ("UPDATE_FAILED", Map::new()),
        "UPDATING" => ("ACTIVE", Map::new()),
        "DELETING" if !resource.view.contains_key("platformVersion") => ("DELETE_FAILED", Map::new()),
        "DELETING" => ("FAILED", Map::new()),
        _ => return,
    };
    next.status = Some(status.to_owned());
    next.patch = patch;
    if status != "Failed" && status != "ACTIVE" {
        next.patch.insert("health".to_owned(), json!({"issues": [issue]}));
        if resource.view.contains_key("addonName") {
            resource.hidden.insert("failed".to_owned(), Value::Array(vec![issue]));
        }
    }
}

fn refusal(fault: &Fault, service: Service, operation: &str, caller: &str) -> AwsError {
    let query = matches!(service, Service::Iam | Service::Sts);
    match fault {
        Fault::Throttle => {
            let code = match service {
                Service::Iam | Service::Sts => "Throttling",
                Service::Tagging => "ThrottledException",
                Service::Eks | Service::EksAuth => "ThrottlingException",
            };
            let status = if query || service == Service::Tagging { 400 } else { 429 };
            AwsError::new(code, "Rate exceeded").status(status)
        }
        Fault::InternalError => {
            AwsError::new(internal(service), "The service had an internal error (a fault of the sandbox)")
                .status(500)
        }
        Fault::Unavailable => {
            let code = if query { "ServiceUnavailable" } else { "ServiceUnavailableException" };
            AwsError::new(code, "Service is unavailable").status(503)
        }
        Fault::Error { code, message, status } => AwsError::new(code, message.as_str()).status(*status),
        _ => {
            let code = if query { "AccessDenied" } else { "AccessDeniedException" };
            let action = match service {
                Service::Tagging => "tag",
                other => other.signing_name(),
            };
            let text = format!("User: {caller} is not authorized to perform: {action}:{operation}");
            AwsError::new(code, text).status(403)
        }
    }
}

/// The code of a service's internal error.
pub(super) fn internal(service: Service) -> &'static str {
    match service {
        Service::Eks => "ServerException",
        Service::Iam => "ServiceFailure",
        Service::Sts => "InternalFailure",
        Service::Tagging => "InternalServiceException",
        Service::EksAuth => "InternalServerException",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_what_it_means() {
        let text = r#"{"seed": 7, "rules": [
            {"operation": "CreateAddon", "nth": 2, "fault": {"kind": "throttle"}},
            {"operation": "iam:*", "rate": 0.5, "times": 3, "fault": {"kind": "fail", "code": "A", "message": "b"}}]}"#;
        let faults: Faults = serde_json::from_str(text).unwrap();
        assert_eq!(faults.rules[0].fault, Fault::Throttle);
        let again: Faults = serde_json::from_str(&serde_json::to_string(&faults).unwrap()).unwrap();
        assert_eq!(again, faults);
        assert!(serde_json::from_str::<Faults>(r#"{"rulez": []}"#).is_err());
    }

    #[test]
    fn nth_rate_and_times() {
        let rule = |nth, rate, times| FaultRule {
            operation: "Get*".into(),
            nth,
            rate,
            times,
            fault: Fault::Throttle,
        };
        let fired = |rule: FaultRule| {
            let mut active = Active::new(Faults { seed: 1, rules: vec![rule] });
            let me = Caller { arn: "me".into(), user_id: String::new(), principal: "me".into() };
            let mut meet = |operation| active.meet(Service::Iam, operation, &me).refusal.is_some();
            assert!(!meet("ListRoles"));
            (0..100).filter(|_| meet("GetRole")).count()
        };
        assert_eq!(fired(rule(Some(3), None, None)), 1);
        assert_eq!(fired(rule(None, None, Some(4))), 4);
        assert_eq!(fired(rule(None, None, None)), 100);
        let some = fired(rule(None, Some(0.3), None));
        assert!((15..45).contains(&some), "{some}");
    }
}
