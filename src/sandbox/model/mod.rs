//! The services' own API models (extracted from botocore by `extract.py`): bindings, shapes, constraints, errors.

mod check;

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::Deserialize;

pub(crate) use check::{Violation, ViolationKind, coerce, violations};

/// One service's API.
#[derive(Deserialize)]
pub(crate) struct Model {
    pub(crate) namespace: Option<String>,
    pub(crate) operations: BTreeMap<String, Operation>,
    pub(crate) shapes: HashMap<String, Shape>,
}

#[derive(Deserialize)]
pub(crate) struct Operation {
    pub(crate) method: String,
    pub(crate) uri: String,
    pub(crate) errors: Vec<String>,
    pub(crate) input: Option<String>,
    pub(crate) output: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Shape {
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    pub(crate) min: Option<i64>,
    pub(crate) max: Option<i64>,
    pub(crate) pattern: Option<String>,
    #[serde(rename = "enum")]
    pub(crate) values: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) required: Vec<String>,
    #[serde(default)]
    pub(crate) members: Vec<Member>,
    pub(crate) item: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) value: Option<String>,
    pub(crate) error: Option<ErrorShape>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Structure,
    List,
    Map,
    String,
    Integer,
    Long,
    Boolean,
    Timestamp,
    Double,
    Float,
    Blob,
}

#[derive(Deserialize)]
pub(crate) struct Member {
    pub(crate) member: String,
    pub(crate) shape: String,
    pub(crate) location: Option<String>,
    wire: Option<String>,
}

impl Member {
    /// The member's name on the wire.
    pub(crate) fn wire(&self) -> &str {
        self.wire.as_deref().unwrap_or(&self.member)
    }
}

#[derive(Deserialize)]
pub(crate) struct ErrorShape {
    pub(crate) code: String,
    pub(crate) status: u16,
}

impl Model {
    /// The shape of this name.
    pub(crate) fn shape(&self, name: &str) -> &Shape {
        // `models_are_whole` proves that every name used in a model is defined in it.
        &self.shapes[name]
    }

    /// The modelled error with this code.
    pub(crate) fn error(&self, code: &str) -> Option<&Shape> {
        self.shapes.get(code).filter(|shape| shape.error.is_some()).or_else(|| {
            self.shapes.values().find(|shape| shape.error.as_ref().is_some_and(|error| error.code == code))
        })
    }

    /// The error code that stands first in `wanted` among those the operation declares; else the first wanted one.
    pub(crate) fn declared<'a>(&self, operation: &str, wanted: &[&'a str]) -> &'a str {
        let declared = self.operations.get(operation).map_or(&[][..], |operation| &operation.errors);
        wanted.iter().find(|code| declared.iter().any(|name| name == *code)).unwrap_or(&wanted[0])
    }
}

/// The services the sandbox answers for, by the name they sign with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Service {
    Eks,
    Iam,
    Sts,
    Tagging,
    EksAuth,
}

static EKS: LazyLock<Model> = LazyLock::new(|| parse(include_str!("eks.json")));
static IAM: LazyLock<Model> = LazyLock::new(|| parse(include_str!("iam.json")));
static STS: LazyLock<Model> = LazyLock::new(|| parse(include_str!("sts.json")));
static TAGGING: LazyLock<Model> = LazyLock::new(|| parse(include_str!("resourcegroupstaggingapi.json")));
static EKS_AUTH: LazyLock<Model> = LazyLock::new(|| parse(include_str!("eks-auth.json")));

fn parse(text: &str) -> Model {
    // The text is compiled in and `models_are_whole` parses it.
    serde_json::from_str(text).expect("the models that are compiled in are well formed")
}

impl Service {
    pub(crate) const ALL: [Service; 5] =
        [Service::Eks, Service::Iam, Service::Sts, Service::Tagging, Service::EksAuth];

    /// The name in a credential scope.
    pub(crate) fn signing_name(self) -> &'static str {
        match self {
            Service::Eks => "eks",
            Service::Iam => "iam",
            Service::Sts => "sts",
            Service::Tagging => "tagging",
            Service::EksAuth => "eks-auth",
        }
    }

    pub(crate) fn model(self) -> &'static Model {
        match self {
            Service::Eks => &EKS,
            Service::Iam => &IAM,
            Service::Sts => &STS,
            Service::Tagging => &TAGGING,
            Service::EksAuth => &EKS_AUTH,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_whole() {
        for service in Service::ALL {
            let model = service.model();
            let mut names: Vec<&String> = Vec::new();
            for operation in model.operations.values() {
                names.extend(operation.input.iter().chain(&operation.output).chain(&operation.errors));
            }
            for shape in model.shapes.values() {
                names.extend(shape.members.iter().map(|member| &member.shape));
                names.extend(shape.item.iter().chain(&shape.key).chain(&shape.value));
            }
            for name in names {
                assert!(model.shapes.contains_key(name), "{service:?} {name}");
            }
            for shape in model.shapes.values() {
                if let Some(pattern) = &shape.pattern {
                    assert!(
                        check::pattern(pattern).is_some(),
                        "{service:?} has an unknown pattern {pattern}"
                    );
                }
            }
        }
    }
}
