"""Drives a served sandbox with boto3 and holds every raw answer against botocore's models.

    botocore_check.py ENDPOINT

Stricter than botocore itself, which ignores what it does not know: an answer may have no unknown member, no missing
required member, no wrong type, no value outside an enumeration; an error must be one that the operation declares (or
one of those every AWS service may answer), with the status its model says. Ends with 1 and the list of complaints.
"""

import base64
import importlib.util
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

COMMON_ERRORS = {
    "ValidationError": 400,
    "MissingAuthenticationToken": 403,
    "AccessDenied": 403,
    "AccessDeniedException": 403,
    "SignatureDoesNotMatch": 403,
    "InvalidSignatureException": 403,
    "InvalidClientTokenId": 403,
}
# What AWS was seen to answer although the operation does not declare it.
SEEN_ERRORS = {
    ("CreateNodegroup", "ResourceNotFoundException"): 404,
    ("CreateFargateProfile", "ResourceNotFoundException"): 404,
}

complaints = []
covered = {}
last = {}


def complain(operation, text):
    complaints.append(f"{operation}: {text}")


def check_json(operation, shape, value, path, nulls=False):
    kind = shape.type_name
    if value is None:
        if not nulls:
            complain(operation, f"{path} is null")
        return
    expected = {
        "structure": dict, "map": dict, "list": list, "string": str, "boolean": bool, "integer": int, "long": int,
        "timestamp": (int, float), "float": (int, float), "double": (int, float), "blob": str,
    }[kind]
    if not isinstance(value, expected) or (isinstance(value, bool) and kind != "boolean"):
        complain(operation, f"{path} should be {kind}, is {value!r}")
        return
    if kind == "structure":
        for name in value:
            if name not in shape.members:
                complain(operation, f"{path}.{name} is unknown")
            else:
                check_json(operation, shape.members[name], value[name], f"{path}.{name}", nulls)
        for name in shape.required_members:
            if name not in value:
                complain(operation, f"{path}.{name} is missing")
    elif kind == "list":
        for item in value:
            check_json(operation, shape.member, item, f"{path}[]")
    elif kind == "map":
        for key, item in value.items():
            check_json(operation, shape.key, key, f"{path}.key")
            check_json(operation, shape.value, item, f"{path}.{key}")
    elif kind == "string":
        check_enum(operation, shape, value, path)


def check_enum(operation, shape, value, path):
    if shape.enum and value not in shape.enum:
        complain(operation, f"{path} is {value!r}, not one of {shape.enum}")


def local(element, namespace):
    prefix = "{" + namespace + "}"
    return element.tag[len(prefix):] if element.tag.startswith(prefix) else f"(namespace!) {element.tag}"


def check_xml(operation, shape, element, path, namespace):
    kind = shape.type_name
    children = list(element)
    if kind == "structure":
        seen = []
        for child in children:
            name = local(child, namespace)
            seen.append(name)
            if name not in shape.members:
                complain(operation, f"{path}.{name} is unknown")
            else:
                check_xml(operation, shape.members[name], child, f"{path}.{name}", namespace)
        for name in shape.required_members:
            if name not in seen:
                complain(operation, f"{path}.{name} is missing")
        if len(set(seen)) != len(seen):
            complain(operation, f"{path} repeats a member")
    elif kind == "list":
        for child in children:
            if local(child, namespace) != "member":
                complain(operation, f"{path} holds {child.tag}")
            check_xml(operation, shape.member, child, f"{path}[]", namespace)
    elif kind == "map":
        for child in children:
            if local(child, namespace) != "entry":
                complain(operation, f"{path} holds {child.tag}")
    else:
        text = element.text or ""
        if children:
            complain(operation, f"{path} should be {kind}, has children")
        if kind == "boolean" and text not in ("true", "false"):
            complain(operation, f"{path} should be boolean, is {text!r}")
        if kind in ("integer", "long") and not text.lstrip("-").isdigit():
            complain(operation, f"{path} should be {kind}, is {text!r}")
        if kind == "timestamp" and not (len(text) == 20 and text[10] == "T" and text.endswith("Z")):
            complain(operation, f"{path} should be a timestamp, is {text!r}")
        if kind == "string":
            check_enum(operation, shape, text, path)


def check_error(model, name, status, code, message, body):
    shapes = {shape.error_code or shape.name: shape for shape in model.error_shapes}
    if code not in shapes:
        if status not in (COMMON_ERRORS.get(code), SEEN_ERRORS.get((name, code))):
            complain(name, f"answers {status} {code}, which it does not declare")
        return
    shape = shapes[code]
    declared = shape.metadata.get("error", {}).get("httpStatusCode", 400)
    if status != declared:
        complain(name, f"answers {code} with {status} instead of {declared}")
    if not message:
        complain(name, f"answers {code} without a message")
    if body is not None:
        check_json(name, shape, body, code, nulls=True)


def on_answer(operation_model, response_dict, **_):
    model, status, body = operation_model, response_dict["status_code"], response_dict["body"]
    name = model.name
    headers = {key.lower(): value for key, value in response_dict["headers"].items()}
    if "x-amzn-requestid" not in headers:
        complain(name, "has no request id")
    protocol = model.service_model.metadata["protocol"]
    last.update(status=status, code=None)
    if protocol == "query":
        namespace = model.service_model.metadata["xmlNamespace"]
        root = ElementTree.fromstring(body)
        if status < 300:
            parts = {local(child, namespace): child for child in root}
            wanted = {"ResponseMetadata"} | ({model.output_shape.serialization["resultWrapper"]} if model.output_shape else set())
            if local(root, namespace) != f"{name}Response" or set(parts) != wanted:
                complain(name, f"is {root.tag} with {sorted(parts)}")
            elif model.output_shape:
                wrapper = model.output_shape.serialization["resultWrapper"]
                check_xml(name, model.output_shape, parts[wrapper], name, namespace)
        else:
            error = root.find(f"{{{namespace}}}Error")
            if error is None or root.find(f"{{{namespace}}}RequestId") is None:
                complain(name, f"answers an error of another form: {body!r}")
                return
            fields = {local(child, namespace): child.text for child in error}
            last["code"] = fields.get("Code")
            check_error(model, name, status, fields.get("Code"), fields.get("Message"), None)
    else:
        value = json.loads(body)
        if status < 300:
            check_json(name, model.output_shape, value, name)
        elif protocol == "json":
            last["code"] = value.pop("__type", None)
            check_error(model, name, status, last["code"], value.get("Message"), value)
        else:
            last["code"] = headers.get("x-amzn-errortype")
            check_error(model, name, status, last["code"], value.get("message"), value)
    covered.setdefault(name, set()).add("success" if status < 300 else last["code"])


class Driver:
    """A client whose calls say what they expect: a success, or an error code."""

    def __init__(self, endpoint, service, key="AKIDEXAMPLE", secret="secret", token=None):
        self.client = boto3.client(
            service, endpoint_url=endpoint, region_name="us-east-2", aws_access_key_id=key,
            aws_secret_access_key=secret, aws_session_token=token,
            config=Config(parameter_validation=False, retries={"max_attempts": 1, "mode": "standard"}),
        )
        self.client.meta.events.register("before-parse.*.*", on_answer)

    def __call__(self, operation, expect=None, **parameters):
        try:
            answer = getattr(self.client, operation)(**parameters)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code != expect:
                complaints.append(f"{operation}{parameters}: expected {expect or 'success'}, got {error}")
            return error.response
        if expect:
            complaints.append(f"{operation}{parameters}: expected {expect}, got a success")
        return answer

    def pages(self, operation, key, **parameters):
        items = []
        for page in self.client.get_paginator(operation).paginate(PaginationConfig={"PageSize": 1}, **parameters):
            items += page[key]
        return items


def trust(service, *actions):
    principal = {"AWS": service} if service.startswith("arn:") else {"Service": service}
    statement = {"Effect": "Allow", "Principal": principal, "Action": list(actions)}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


PODS = trust("pods.eks.amazonaws.com", "sts:AssumeRole", "sts:TagSession")
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
CNI = "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"
SUBNETS = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]


def equal(what, found, expected):
    if found != expected:
        complaints.append(f"{what}: {found!r} instead of {expected!r}")


def roles(iam):
    def role(name, document):
        return iam("create_role", RoleName=name, AssumeRolePolicyDocument=document, Description="made by the check",
                   Tags=[{"Key": "team", "Value": "check"}])["Role"]["Arn"]

    arns = {"cluster": role("cluster", trust("eks.amazonaws.com", "sts:AssumeRole"))}
    iam("attach_role_policy", RoleName="cluster", PolicyArn="arn:aws:iam::aws:policy/AmazonEKSClusterPolicy")
    for name in ("pods", "pods2"):
        arns[name] = role(name, PODS)
    arns["node"] = role("node", trust("ec2.amazonaws.com", "sts:AssumeRole"))
    for name in ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryReadOnly", "AmazonEKS_CNI_Policy"):
        iam("attach_role_policy", RoleName="node", PolicyArn=f"arn:aws:iam::aws:policy/{name}")
    arns["fargate"] = role("fargate", trust("eks-fargate-pods.amazonaws.com", "sts:AssumeRole"))
    return arns


def check_iam(iam, arns):
    iam("create_role", "EntityAlreadyExists", RoleName="CLUSTER", AssumeRolePolicyDocument=PODS)
    iam("create_role", "MalformedPolicyDocument", RoleName="x", AssumeRolePolicyDocument="{}")
    iam("create_role", "InvalidInput", RoleName="x", AssumeRolePolicyDocument=PODS, Tags=[{"Key": "aws:x", "Value": ""}])
    iam("create_role", "ValidationError", RoleName="x y", AssumeRolePolicyDocument=PODS)
    equal("trust", iam("get_role", RoleName="pods")["Role"]["AssumeRolePolicyDocument"], json.loads(PODS))
    iam("get_role", "NoSuchEntity", RoleName="absent")
    equal("roles", len(iam.pages("list_roles", "Roles")), 5)
    iam("update_role", RoleName="pods", Description="new", MaxSessionDuration=7200)
    iam("update_role", "NoSuchEntity", RoleName="absent")
    iam("update_role_description", RoleName="pods", Description="newer")
    iam("update_assume_role_policy", RoleName="pods", PolicyDocument=PODS)
    iam("update_assume_role_policy", "MalformedPolicyDocument", RoleName="pods", PolicyDocument="x")
    iam("put_role_policy", RoleName="pods", PolicyName="inline", PolicyDocument=DOCUMENT)
    iam("put_role_policy", RoleName="pods", PolicyName="second", PolicyDocument=DOCUMENT)
    iam("put_role_policy", "MalformedPolicyDocument", RoleName="pods", PolicyName="x", PolicyDocument="{}")
    equal("inline", iam("get_role_policy", RoleName="pods", PolicyName="inline")["PolicyDocument"], json.loads(DOCUMENT))
    iam("get_role_policy", "NoSuchEntity", RoleName="pods", PolicyName="absent")
    equal("inline", iam.pages("list_role_policies", "PolicyNames", RoleName="pods"), ["inline", "second"])
    made = iam("create_policy", PolicyName="own", PolicyDocument=DOCUMENT, Description="d", Path="/p/",
               Tags=[{"Key": "a", "Value": "b"}])["Policy"]["Arn"]
    iam("create_policy", "EntityAlreadyExists", PolicyName="own", PolicyDocument=DOCUMENT)
    iam("create_policy", "MalformedPolicyDocument", PolicyName="own2", PolicyDocument="{}")
    iam("get_policy", PolicyArn=made)
    iam("get_policy", PolicyArn=CNI)
    iam("get_policy", "NoSuchEntity", PolicyArn="arn:aws:iam::aws:policy/Absent")
    iam("create_policy_version", PolicyArn=made, PolicyDocument=DOCUMENT, SetAsDefault=True)
    iam("get_policy_version", PolicyArn=made, VersionId="v2")
    iam("get_policy_version", "NoSuchEntity", PolicyArn=made, VersionId="v9")
    iam("set_default_policy_version", PolicyArn=made, VersionId="v1")
    equal("versions", len(iam.pages("list_policy_versions", "Versions", PolicyArn=made)), 2)
    iam("delete_policy_version", "DeleteConflict", PolicyArn=made, VersionId="v1")
    iam("delete_policy", "DeleteConflict", PolicyArn=made)
    iam("delete_policy_version", PolicyArn=made, VersionId="v2")
    iam("tag_policy", PolicyArn=made, Tags=[{"Key": "c", "Value": "d"}])
    iam("untag_policy", PolicyArn=made, TagKeys=["a"])
    equal("tags", iam.pages("list_policy_tags", "Tags", PolicyArn=made), [{"Key": "c", "Value": "d"}])
    iam("attach_role_policy", RoleName="pods", PolicyArn=made)
    iam("attach_role_policy", RoleName="pods", PolicyArn=CNI)
    iam("attach_role_policy", "NoSuchEntity", RoleName="pods", PolicyArn="arn:aws:iam::aws:policy/Absent")
    iam("attach_role_policy", "PolicyNotAttachable", RoleName="pods",
        PolicyArn="arn:aws:iam::aws:policy/aws-service-role/AmazonEKSServiceRolePolicy")
    equal("attached", len(iam.pages("list_attached_role_policies", "AttachedPolicies", RoleName="pods")), 2)
    iam("list_entities_for_policy", PolicyArn=made)
    equal("policies", [p["PolicyName"] for p in iam.pages("list_policies", "Policies", Scope="Local")], ["own"])
    iam("list_policies", OnlyAttached=True)
    iam("put_role_permissions_boundary", RoleName="pods", PermissionsBoundary=CNI)
    iam("put_role_permissions_boundary", "NoSuchEntity", RoleName="pods", PermissionsBoundary="arn:aws:iam::aws:policy/No")
    iam("get_role", RoleName="pods")
    iam("delete_role_permissions_boundary", RoleName="pods")
    iam("tag_role", RoleName="pods", Tags=[{"Key": "Env", "Value": ""}])
    iam("untag_role", RoleName="pods", TagKeys=["team"])
    equal("tags", iam.pages("list_role_tags", "Tags", RoleName="pods"), [{"Key": "Env", "Value": ""}])
    iam("create_instance_profile", InstanceProfileName="profile")
    iam("create_instance_profile", "EntityAlreadyExists", InstanceProfileName="profile")
    iam("add_role_to_instance_profile", InstanceProfileName="profile", RoleName="pods")
    iam("add_role_to_instance_profile", "LimitExceeded", InstanceProfileName="profile", RoleName="node")
    iam("get_instance_profile", InstanceProfileName="profile")
    iam("get_instance_profile", "NoSuchEntity", InstanceProfileName="absent")
    equal("profiles", len(iam.pages("list_instance_profiles", "InstanceProfiles")), 1)
    equal("profiles", len(iam("list_instance_profiles_for_role", RoleName="pods")["InstanceProfiles"]), 1)
    details = iam("get_account_authorization_details")
    equal("details", len(details["RoleDetailList"]), 5)
    iam.pages("get_account_authorization_details", "RoleDetailList", Filter=["Role"])
    iam("delete_instance_profile", "DeleteConflict", InstanceProfileName="profile")
    iam("delete_role", "DeleteConflict", RoleName="pods")
    iam("remove_role_from_instance_profile", InstanceProfileName="profile", RoleName="pods")
    iam("delete_instance_profile", InstanceProfileName="profile")
    iam("detach_role_policy", RoleName="pods", PolicyArn=made)
    iam("detach_role_policy", "NoSuchEntity", RoleName="pods", PolicyArn=made)
    iam("delete_policy", PolicyArn=made)
    iam("delete_role_policy", RoleName="pods", PolicyName="second")
    iam("delete_role_policy", "NoSuchEntity", RoleName="pods", PolicyName="second")
    iam("delete_role", "NoSuchEntity", RoleName="absent")
    iam("create_role", RoleName="brief", AssumeRolePolicyDocument=PODS)
    iam("delete_role", RoleName="brief")


def check_sts(endpoint, sts, iam):
    equal("account", sts("get_caller_identity")["Account"], "123456789012")
    root = "arn:aws:iam::123456789012:root"
    role = iam("create_role", RoleName="deploy", AssumeRolePolicyDocument=trust(root, "sts:AssumeRole"))["Role"]["Arn"]
    session = sts("assume_role", RoleArn=role, RoleSessionName="check")["Credentials"]
    assumed = Driver(endpoint, "sts", session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
    equal("arn", assumed("get_caller_identity")["Arn"], "arn:aws:sts::123456789012:assumed-role/deploy/check")
    for service, code in (("sts", "SignatureDoesNotMatch"), ("eks", "InvalidSignatureException")):
        forger = Driver(endpoint, service, secret="wrong")
        forger("get_caller_identity" if service == "sts" else "list_clusters", code)
    Driver(endpoint, "iam", "AKIDUNKNOWN")("list_roles", "InvalidClientTokenId")
    sts("assume_role", "AccessDenied", RoleArn=role + "x", RoleSessionName="check")
    sts("assume_role", "ValidationError", RoleArn=role, RoleSessionName="x")


def check_clusters(eks, arns):
    parameters = {"roleArn": arns["cluster"], "resourcesVpcConfig": {"subnetIds": SUBNETS}}
    made = eks("create_cluster", name="demo", version="1.30", tags={"a": "b"}, **parameters,
               accessConfig={"authenticationMode": "API_AND_CONFIG_MAP"})["cluster"]
    eks("create_cluster", "ResourceInUseException", name="demo", **parameters)
    eks("create_cluster", "InvalidParameterException", name="b d", **parameters)
    eks("create_cluster", "InvalidParameterException", name="x", version="0.1", **parameters)
    eks.client.get_waiter("cluster_active").wait(name="demo")
    eks("create_cluster", name="other", **parameters)
    eks("describe_cluster", "ResourceNotFoundException", name="absent")
    equal("clusters", eks.pages("list_clusters", "clusters"), ["demo", "other"])
    eks("list_clusters", "InvalidParameterException", maxResults=0)
    vpc = {"endpointPrivateAccess": True}
    update = eks("update_cluster_config", name="demo", resourcesVpcConfig=vpc)["update"]["id"]
    eks("describe_update", name="demo", updateId=update)
    eks("describe_update", "ResourceNotFoundException", name="demo", updateId="absent")
    eks("update_cluster_config", "InvalidParameterException", name="demo")
    eks("update_cluster_config", "InvalidParameterException", name="demo", resourcesVpcConfig=vpc)
    eks("update_cluster_config", "ResourceNotFoundException", name="absent", resourcesVpcConfig=vpc)
    eks("update_cluster_version", name="demo", version="1.31")
    eks("update_cluster_version", "InvalidParameterException", name="demo", version="1.31")
    key = "arn:aws:kms:us-east-2:123456789012:key/1"
    config = [{"resources": ["secrets"], "provider": {"keyArn": key}}]
    eks("associate_encryption_config", clusterName="demo", encryptionConfig=config)
    eks("associate_encryption_config", "InvalidParameterException", clusterName="demo", encryptionConfig=config)
    equal("updates", len(eks.pages("list_updates", "updateIds", name="demo")), 3)
    eks("list_updates", "ResourceNotFoundException", name="absent")
    equal("versions", len(eks.pages("describe_cluster_versions", "clusterVersions")), 9)
    eks("describe_cluster", name="demo")
    eks("update_cluster_config", name="other", deletionProtection=True)
    eks("delete_cluster", "InvalidRequestException", name="other")
    eks("update_cluster_config", name="other", deletionProtection=False)
    eks("delete_cluster", name="other")
    eks("delete_cluster", "ResourceNotFoundException", name="absent")
    eks.client.get_waiter("cluster_deleted").wait(name="other")
    return made["arn"]


def check_addons(eks, arns):
    one = [{"serviceAccount": "aws-node", "roleArn": arns["pods"]}]
    eks("create_addon", clusterName="demo", addonName="vpc-cni", podIdentityAssociations=one, tags={"a": "b"},
        addonVersion="v1.19.0-eksbuild.1", configurationValues='{"env": {"WARM_IP_TARGET": "1"}}')
    eks("create_addon", "ResourceInUseException", clusterName="demo", addonName="vpc-cni")
    eks("create_addon", "InvalidParameterException", clusterName="demo", addonName="absent")
    eks("create_addon", "ResourceNotFoundException", clusterName="absent", addonName="vpc-cni")
    eks("create_addon", clusterName="demo", addonName="coredns")
    eks("create_addon", clusterName="demo", addonName="adot")
    eks.client.get_waiter("addon_active").wait(clusterName="demo", addonName="vpc-cni")
    equal("coredns", eks("describe_addon", clusterName="demo", addonName="coredns")["addon"]["status"], "DEGRADED")
    eks("describe_addon", "ResourceNotFoundException", clusterName="demo", addonName="absent")
    equal("addons", eks.pages("list_addons", "addons", clusterName="demo"), ["adot", "coredns", "vpc-cni"])
    eks("list_addons", "ResourceNotFoundException", clusterName="absent")
    two = [{"serviceAccount": "adot-col-prom-metrics", "roleArn": arns["pods"]},
           {"serviceAccount": "adot-col-otlp-ingest", "roleArn": arns["pods2"]}]
    update = eks("update_addon", clusterName="demo", addonName="adot", podIdentityAssociations=two)["update"]["id"]
    eks("describe_update", name="demo", updateId=update, addonName="adot")
    eks("update_addon", "InvalidParameterException", clusterName="demo", addonName="adot", addonVersion="v0")
    eks("update_addon", "ResourceNotFoundException", clusterName="demo", addonName="absent")
    equal("owned", len(eks("describe_addon", clusterName="demo", addonName="adot")["addon"]["podIdentityAssociations"]), 2)
    equal("offered", len(eks.pages("describe_addon_versions", "addons", kubernetesVersion="1.31")) > 20, True)
    eks("describe_addon_versions", "InvalidParameterException", kubernetesVersion="0.1")
    eks("describe_addon_configuration", addonName="vpc-cni", addonVersion="v1.19.0-eksbuild.1")
    eks("describe_addon_configuration", "ResourceNotFoundException", addonName="absent", addonVersion="v1")
    eks("describe_addon_configuration", "InvalidParameterException", addonName="vpc-cni", addonVersion="v1")
    eks("delete_addon", clusterName="demo", addonName="adot")
    eks("delete_addon", "ResourceNotFoundException", clusterName="demo", addonName="absent")
    eks.client.get_waiter("addon_deleted").wait(clusterName="demo", addonName="adot")


def check_associations(eks, arns):
    parameters = {"clusterName": "demo", "namespace": "shop", "serviceAccount": "orders"}
    made = eks("create_pod_identity_association", roleArn=arns["pods"], tags={"a": "b"}, **parameters)["association"]
    id = made["associationId"]
    eks("create_pod_identity_association", "ResourceInUseException", roleArn=arns["pods"], **parameters)
    eks("create_pod_identity_association", "InvalidParameterException", roleArn=arns["pods"] + "x", **parameters)
    eks("describe_pod_identity_association", clusterName="demo", associationId=id)
    eks("describe_pod_identity_association", "ResourceNotFoundException", clusterName="demo", associationId="a-" + "0" * 17)
    equal("associations", len(eks.pages("list_pod_identity_associations", "associations", clusterName="demo")), 2)
    eks("list_pod_identity_associations", "ResourceNotFoundException", clusterName="absent")
    eks("update_pod_identity_association", clusterName="demo", associationId=id, roleArn=arns["pods2"],
        disableSessionTags=True, policy=DOCUMENT, targetRoleArn="arn:aws:iam::210987654321:role/target")
    eks("update_pod_identity_association", "InvalidParameterException", clusterName="demo", associationId="x")
    eks("describe_pod_identity_association", clusterName="demo", associationId=id)
    return made["associationArn"]


def check_tags(eks, tagging, cluster, association):
    for arn in (cluster, association):
        eks("tag_resource", resourceArn=arn, tags={"team": "check"})
        eks("untag_resource", resourceArn=arn, tagKeys=["a"])
        equal("tags", eks("list_tags_for_resource", resourceArn=arn)["tags"], {"team": "check"})
    eks("tag_resource", "BadRequestException", resourceArn=cluster, tags={"aws:x": "y"})
    eks("tag_resource", "NotFoundException", resourceArn=cluster + "x", tags={"x": "y"})
    eks("untag_resource", "NotFoundException", resourceArn=cluster + "x", tagKeys=["x"])
    eks("list_tags_for_resource", "BadRequestException", resourceArn="x")
    found = tagging("get_resources", TagFilters=[{"Key": "team"}])["ResourceTagMappingList"]
    equal("resources", {one["ResourceARN"] for one in found}, {cluster, association})
    tagging("get_resources", "InvalidParameterException", ResourcesPerPage=1000)
    tagging("get_resources", "PaginationTokenExpiredException", PaginationToken="x")


def check_compute(eks, arns):
    cluster = {"clusterName": "demo"}
    group = {"subnets": SUBNETS, "nodeRole": arns["node"], **cluster}
    eks("create_nodegroup", nodegroupName="main", labels={"a": "b"}, tags={"a": "b"}, **group,
        scalingConfig={"minSize": 1, "maxSize": 3, "desiredSize": 2}, remoteAccess={"ec2SshKey": "k"},
        taints=[{"key": "a", "value": "b", "effect": "NO_SCHEDULE"}])
    eks("create_nodegroup", "ResourceInUseException", nodegroupName="main", **group)
    eks("create_nodegroup", "InvalidParameterException", nodegroupName="x", **group, scalingConfig={"minSize": 3})
    eks("create_nodegroup", "ResourceNotFoundException", nodegroupName="x", **{**group, "clusterName": "absent"})
    eks.client.get_waiter("nodegroup_active").wait(nodegroupName="main", **cluster)
    equal("coredns", eks("describe_addon", addonName="coredns", **cluster)["addon"]["status"], "ACTIVE")
    eks("describe_nodegroup", "ResourceNotFoundException", nodegroupName="absent", **cluster)
    equal("groups", eks.pages("list_nodegroups", "nodegroups", **cluster), ["main"])
    update = eks("update_nodegroup_config", nodegroupName="main", labels={"removeLabels": ["a"], "addOrUpdateLabels": {"c": "d"}},
                 scalingConfig={"desiredSize": 3}, taints={"removeTaints": [{"key": "a", "effect": "NO_SCHEDULE"}]}, **cluster)
    eks("describe_update", name="demo", updateId=update["update"]["id"], nodegroupName="main")
    eks("update_nodegroup_config", "InvalidParameterException", nodegroupName="main", **cluster)
    eks("update_nodegroup_config", "ResourceNotFoundException", nodegroupName="absent", **cluster)
    eks("update_nodegroup_version", nodegroupName="main", version="1.31", **cluster)
    eks("update_nodegroup_version", "InvalidParameterException", nodegroupName="main", version="1.32", **cluster)
    shown = eks("describe_nodegroup", nodegroupName="main", **cluster)["nodegroup"]
    equal("group", (shown["version"], shown["labels"], shown.get("taints")), ("1.31", {"c": "d"}, None))
    eks("delete_cluster", "ResourceInUseException", name="demo")
    eks("delete_nodegroup", nodegroupName="main", **cluster)
    eks("delete_nodegroup", "ResourceNotFoundException", nodegroupName="absent", **cluster)
    eks.client.get_waiter("nodegroup_deleted").wait(nodegroupName="main", **cluster)

    profile = {"podExecutionRoleArn": arns["fargate"], "selectors": [{"namespace": "shop", "labels": {"a": "b"}}]}
    eks("create_fargate_profile", fargateProfileName="main", **profile, **cluster, tags={"a": "b"})
    eks("create_fargate_profile", "InvalidRequestException", fargateProfileName="main", **profile, **cluster)
    eks("create_fargate_profile", "InvalidParameterException", fargateProfileName="x", **{**profile, "selectors": []}, **cluster)
    eks.client.get_waiter("fargate_profile_active").wait(fargateProfileName="main", **cluster)
    eks("describe_fargate_profile", "ResourceNotFoundException", fargateProfileName="absent", **cluster)
    equal("profiles", eks.pages("list_fargate_profiles", "fargateProfileNames", **cluster), ["main"])
    eks("delete_cluster", "ResourceInUseException", name="demo")
    eks("delete_fargate_profile", fargateProfileName="main", **cluster)
    eks("delete_fargate_profile", "ResourceNotFoundException", fargateProfileName="absent", **cluster)


def check_access(eks, arns):
    cluster = {"clusterName": "demo"}
    one = {"principalArn": arns["pods"], **cluster}
    eks("create_access_entry", kubernetesGroups=["team"], tags={"a": "b"}, **one)
    eks("create_access_entry", "ResourceInUseException", **one)
    eks("create_access_entry", "InvalidParameterException", principalArn="x", **cluster)
    eks("create_access_entry", "ResourceNotFoundException", principalArn=arns["pods"], clusterName="absent")
    eks("describe_access_entry", **one)
    eks("describe_access_entry", "ResourceNotFoundException", principalArn=arns["cluster"], **cluster)
    eks("update_access_entry", username="me", **one)
    eks("update_access_entry", "InvalidParameterException", username="system:x", **one)
    policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
    eks("associate_access_policy", policyArn=policy, accessScope={"type": "namespace", "namespaces": ["shop"]}, **one)
    eks("associate_access_policy", "InvalidParameterException", policyArn=policy + "x", accessScope={"type": "cluster"}, **one)
    eks("associate_access_policy", policyArn=policy.replace("View", "Edit"), accessScope={"type": "cluster"}, **one)
    equal("associated", len(eks.pages("list_associated_access_policies", "associatedAccessPolicies", **one)), 2)
    equal("entries", eks("list_access_entries", associatedPolicyArn=policy, **cluster)["accessEntries"], [arns["pods"]])
    equal("entries", len(eks.pages("list_access_entries", "accessEntries", **cluster)), 4)
    equal("policies", len(eks.pages("list_access_policies", "accessPolicies")) > 5, True)
    eks("disassociate_access_policy", policyArn=policy, **one)
    eks("disassociate_access_policy", "ResourceNotFoundException", policyArn=policy, **one)
    eks("delete_access_entry", **one)
    eks("delete_access_entry", "ResourceNotFoundException", **one)


def check_insights(eks):
    found = eks.pages("list_insights", "insights", clusterName="demo")
    equal("insights", len(found), 5)
    equal("insights", eks("list_insights", clusterName="demo", filter={"statuses": ["WARNING"]})["insights"], [])
    for one in found:
        eks("describe_insight", clusterName="demo", id=one["id"])
    eks("describe_insight", "ResourceNotFoundException", clusterName="demo", id="absent")
    eks("describe_insights_refresh", "ResourceNotFoundException", clusterName="demo")
    eks("start_insights_refresh", clusterName="demo")
    eks("describe_insights_refresh", clusterName="demo")


def check_auth(endpoint):
    auth = Driver(endpoint, "eks-auth")

    def token(**claims):
        part = lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
        pod = {"kubernetes.io": {"pod": {"name": "orders-1", "uid": "u"}}}
        usual = {"sub": "system:serviceaccount:shop:orders", "aud": ["pods.eks.amazonaws.com"], "exp": 4102444800}
        return ".".join((part({"alg": "RS256"}), part({**usual, **pod, **claims}), "c2ln"))

    operation = "assume_role_for_pod_identity"
    auth(operation, "ResourceNotFoundException", clusterName="absent", token=token())
    auth(operation, "ResourceNotFoundException", clusterName="demo", token=token(sub="system:serviceaccount:a:b"))
    auth(operation, "InvalidTokenException", clusterName="demo", token=token(aud=["x"]))
    auth(operation, "InvalidTokenException", clusterName="demo", token="a.b.c")
    auth(operation, "ExpiredTokenException", clusterName="demo", token=token(exp=1))
    auth(operation, "InvalidParameterException", clusterName="demo", token="x")
    # The association's target role is in an account that has no such role.
    auth(operation, "AccessDeniedException", clusterName="demo", token=token())
    eks = Driver(endpoint, "eks")
    id = eks("list_pod_identity_associations", clusterName="demo", namespace="shop")["associations"][0]["associationId"]
    eks("update_pod_identity_association", clusterName="demo", associationId=id, targetRoleArn="")
    session = auth(operation, clusterName="demo", token=token())["credentials"]
    pod = Driver(endpoint, "sts", session["accessKeyId"], session["secretAccessKey"], session["sessionToken"])
    equal("pod", pod("get_caller_identity")["Arn"].split("/")[1], "pods2")


def check_cli(endpoint):
    """The aws CLI is botocore too, but its waiters, parameters and output are its own."""
    if importlib.util.find_spec("awscli") is None:
        print("skipped: there is no awscli")
        return
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
                   "AWS_DEFAULT_REGION": "us-east-2", "AWS_ENDPOINT_URL": endpoint}

    def aws(*arguments):
        command = [sys.executable, "-m", "awscli", *arguments, "--output", "json"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            complaints.append(f"aws {' '.join(arguments)}: {done.stderr.strip()}")
            return {}
        return json.loads(done.stdout) if done.stdout else {}

    equal("aws", aws("sts", "get-caller-identity")["Account"], "123456789012")
    aws("iam", "create-role", "--role-name", "cli", "--assume-role-policy-document", PODS, "--tags", "Key=a,Value=b")
    aws("eks", "create-addon", "--cluster-name", "demo", "--addon-name", "aws-ebs-csi-driver",
        "--pod-identity-associations", "serviceAccount=ebs-csi-controller-sa,roleArn=arn:aws:iam::123456789012:role/cli")
    found = aws("eks", "list-pod-identity-associations", "--cluster-name", "demo", "--namespace", "kube-system",
                "--service-account", "ebs-csi-controller-sa")
    equal("aws", len(found["associations"]), 1)
    aws("eks", "delete-addon", "--cluster-name", "demo", "--addon-name", "aws-ebs-csi-driver")
    aws("eks", "wait", "addon-deleted", "--cluster-name", "demo", "--addon-name", "aws-ebs-csi-driver")
    aws("resourcegroupstaggingapi", "get-resources", "--resource-type-filters", "eks:cluster")


def main(endpoint):
    eks, iam, sts = (Driver(endpoint, service) for service in ("eks", "iam", "sts"))
    tagging = Driver(endpoint, "resourcegroupstaggingapi")
    arns = roles(iam)
    check_iam(iam, arns)
    check_sts(endpoint, sts, iam)
    cluster = check_clusters(eks, arns)
    check_addons(eks, arns)
    association = check_associations(eks, arns)
    check_tags(eks, tagging, cluster, association)
    check_compute(eks, arns)
    check_access(eks, arns)
    check_insights(eks)
    check_auth(endpoint)
    check_cli(endpoint)
    eks("delete_pod_identity_association", clusterName="demo", associationId=association.rsplit("/", 1)[1])
    eks("delete_pod_identity_association", "ResourceNotFoundException", clusterName="demo", associationId="a-" + "0" * 17)

    for complaint in complaints:
        print(complaint)
    total = sum(len(answers) for answers in covered.values())
    print(f"{len(covered)} operations, {total} kinds of answers, {len(complaints)} complaints")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main(sys.argv[1])
