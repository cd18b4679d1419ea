//! The actions and resources of a call, as the Service Authorization Reference lists them.

use serde_json::Value;

use super::super::call::Call;
use super::super::model::Service;
use super::super::resource::Resource;
use super::{Asked, is_role, passed_to, role_arn, text_of};

/// What a call must be allowed to do.
pub(super) fn by(call: &Call<'_>) -> Vec<Asked> {
    let mut all = match call.service {
        Service::Eks | Service::EksAuth => eks(call),
        Service::Iam => iam(call),
        Service::Sts => sts(call),
        Service::Tagging => vec![plain("tag:GetResources", "*".to_owned())],
    };
    all.extend(passed_roles(call));
    all
}

fn plain(action: impl Into<String>, resource: String) -> Asked {
    Asked { action: action.into(), resource, named: None, keys: Vec::new() }
}

fn eks(call: &Call<'_>) -> Vec<Asked> {
    let resource = eks_resource(call);
    let tagged = call.input.get("tags").and_then(Value::as_object).is_some_and(|tags| !tags.is_empty());
    let mut all = vec![plain(format!("{}:{}", call.service.signing_name(), call.operation), resource)];
    if tagged && call.operation.starts_with("Create") {
        let kind = match call.operation {
            "CreateCluster" => None,
            "CreateAddon" => Some(("addon", "addonName")),
            "CreateNodegroup" => Some(("nodegroup", "nodegroupName")),
            "CreateFargateProfile" => Some(("fargateprofile", "fargateProfileName")),
            "CreateAccessEntry" => Some(("access-entry", "principalArn")),
            _ => Some(("podidentityassociation", "associationId")),
        };
        let of = kind.map_or_else(
            || all[0].resource.clone(),
            |(kind, member)| {
                let name = call.text(member).filter(|name| !name.contains(':'));
                let rest = name.map_or_else(|| "*".to_owned(), |name| format!("{name}/*"));
                eks_arn(call, &format!("{kind}/{}/{rest}", call.required("clusterName")))
            },
        );
        all.push(plain("eks:TagResource", of));
    }
    all
}

fn eks_arn(call: &Call<'_>, resource: &str) -> String {
    format!("arn:{}:eks:{}:{}:{resource}", call.partition, call.region, call.account)
}

fn eks_resource(call: &Call<'_>) -> String {
    if let Some(arn) = call.text("resourceArn") {
        return arn;
    }
    let operation = call.operation;
    let cluster = call.text("clusterName").or_else(|| call.text("name"));
    let cluster = match (operation, cluster) {
        ("ListClusters", _) => return eks_arn(call, "cluster/*"),
        ("DescribeClusterVersions", _) => return eks_arn(call, "*"),
        ("DescribeAddonVersions" | "DescribeAddonConfiguration" | "ListAccessPolicies", _) | (_, None) => {
            return "*".to_owned();
        }
        (_, Some(cluster)) => cluster,
    };
    // What is being made or listed has no ARN yet: those are asked of the cluster.
    let of_cluster = ["Create", "List", "DescribeUpdate"].iter().any(|verb| operation.starts_with(verb))
        && operation != "ListAssociatedAccessPolicies";
    let members = [
        ("addonName", "addon", "addon", "addonArn"),
        ("nodegroupName", "nodegroup", "nodegroup", "nodegroupArn"),
        ("fargateProfileName", "fargate-profile", "fargateprofile", "fargateProfileArn"),
        ("associationId", "association", "podidentityassociation", "associationArn"),
        ("principalArn", "access-entry", "access-entry", "accessEntryArn"),
    ];
    let member = members.iter().find(|(member, ..)| !of_cluster && call.text(member).is_some());
    let Some((member, stored, kind, arn)) = member else {
        return eks_arn(call, &format!("cluster/{cluster}"));
    };
    let name = call.required(member);
    match call.load::<Resource>(&call.key(&[stored, &cluster, &name])) {
        Some(there) => there.text(arn).to_owned(),
        None if *kind == "podidentityassociation" => eks_arn(call, &format!("{kind}/{cluster}/{name}")),
        None if name.contains(':') => eks_arn(call, &format!("{kind}/{cluster}/*")),
        None => eks_arn(call, &format!("{kind}/{cluster}/{name}/*")),
    }
}

fn iam(call: &Call<'_>) -> Vec<Asked> {
    let operation = call.operation;
    let action = format!("iam:{operation}");
    let arn = |resource: &str| format!("arn:{}:iam::{}:{resource}", call.partition, call.account);
    let path = call.text("Path").unwrap_or_else(|| "/".to_owned());
    let (resource, named) = match operation {
        "CreateRole" => (arn(&format!("role{path}{}", call.required("RoleName"))), None),
        "CreatePolicy" => {
            let name = call.required("PolicyName");
            (arn(&format!("policy{path}{name}")), Some(format!("policy {name}")))
        }
        "GetAccountAuthorizationDetails" => ("*".to_owned(), None),
        "ListRoles" => (arn("role/"), None),
        "ListPolicies" => (arn("policy/"), Some("policy path /".to_owned())),
        "ListInstanceProfiles" => (arn("instance-profile/"), None),
        _ => match (call.text("InstanceProfileName"), call.text("RoleName"), call.text("PolicyArn")) {
            (Some(name), ..) => {
                (arn(&format!("instance-profile{path}{name}")), Some(format!("instance profile {name}")))
            }
            (_, Some(name), _) => (role_arn(call, &name), Some(format!("role {name}"))),
            (.., Some(policy)) => (policy.clone(), Some(format!("policy {policy}"))),
            _ => ("*".to_owned(), None),
        },
    };
    let mut keys = Vec::new();
    if let Some(policy) = call.text("PolicyArn") {
        keys.push(("iam:PolicyARN".to_owned(), policy));
    }
    if let Some(boundary) = call.text("PermissionsBoundary") {
        keys.push(("iam:PermissionsBoundary".to_owned(), boundary));
    }
    let tagged = call.input.get("Tags").and_then(Value::as_array).is_some_and(|tags| !tags.is_empty());
    let tagging = match operation {
        "CreateRole" => Some("iam:TagRole"),
        "CreatePolicy" => Some("iam:TagPolicy"),
        "CreateInstanceProfile" => Some("iam:TagInstanceProfile"),
        _ => None,
    };
    let mut all = vec![Asked { action, resource: resource.clone(), named, keys }];
    all.extend(tagging.filter(|_| tagged).map(|action| plain(action, resource)));
    all
}

fn sts(call: &Call<'_>) -> Vec<Asked> {
    let role = call.required("RoleArn");
    let tagged = call.input.get("Tags").and_then(Value::as_array).is_some_and(|tags| !tags.is_empty());
    let mut all = vec![plain("sts:AssumeRole", role.clone())];
    if tagged {
        all.push(plain("sts:TagSession", role));
    }
    all
}

/// `iam:PassRole` for each role that the call hands to a service.
fn passed_roles(call: &Call<'_>) -> Vec<Asked> {
    let mut passed: Vec<(&str, String)> = Vec::new();
    match (call.service, call.operation) {
        (Service::Iam, "AddRoleToInstanceProfile") => {
            passed.push(("RoleName", role_arn(call, &call.required("RoleName"))));
        }
        (Service::Eks, _) => {
            for member in ["roleArn", "nodeRole", "podExecutionRoleArn", "serviceAccountRoleArn"] {
                passed.extend(call.text(member).map(|arn| (member, arn)));
            }
            let node_role = call.input.get("computeConfig").and_then(|config| config.get("nodeRoleArn"));
            passed.extend(node_role.map(|arn| ("nodeRoleArn", text_of(Some(arn)))));
            let list = call.input.get("podIdentityAssociations").and_then(Value::as_array);
            passed.extend(list.into_iter().flatten().map(|one| ("roleArn", text_of(one.get("roleArn")))));
        }
        _ => {}
    }
    let passed = passed.into_iter().filter(|(_, arn)| is_role(arn));
    passed
        .map(|(member, resource)| {
            let service = passed_to(member, call.operation).to_owned();
            let keys = vec![("iam:PassedToService".to_owned(), service)];
            Asked { action: "iam:PassRole".to_owned(), resource, named: None, keys }
        })
        .collect()
}
