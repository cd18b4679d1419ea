"""Writes the sandbox's API models from botocore's service models.

Run it where botocore is installed: `python3 extract.py`. It keeps, for the operations the sandbox answers,
the HTTP binding, the shapes with their constraints and the modelled errors, and drops the documentation.
botocore is Apache-2.0, https://github.com/boto/botocore.
"""

import glob
import gzip
import json
import os

import botocore

IAM = """
CreateRole GetRole ListRoles UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy DeleteRole
PutRolePolicy GetRolePolicy DeleteRolePolicy ListRolePolicies
AttachRolePolicy DetachRolePolicy ListAttachedRolePolicies
PutRolePermissionsBoundary DeleteRolePermissionsBoundary TagRole UntagRole ListRoleTags
CreateInstanceProfile GetInstanceProfile DeleteInstanceProfile ListInstanceProfiles
ListInstanceProfilesForRole AddRoleToInstanceProfile RemoveRoleFromInstanceProfile
CreatePolicy GetPolicy DeletePolicy ListPolicies CreatePolicyVersion GetPolicyVersion DeletePolicyVersion
ListPolicyVersions SetDefaultPolicyVersion ListEntitiesForPolicy TagPolicy UntagPolicy ListPolicyTags
GetAccountAuthorizationDetails
""".split()

SERVICES = {
    "eks": None,
    "iam": IAM,
    "sts": ["GetCallerIdentity", "AssumeRole"],
    "resourcegroupstaggingapi": ["GetResources"],
    "eks-auth": ["AssumeRoleForPodIdentity"],
}


def load(service):
    pattern = os.path.join(os.path.dirname(botocore.__file__), "data", service, "*", "service-2.json.gz")
    with gzip.open(sorted(glob.glob(pattern))[-1]) as file:
        return json.load(file)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    for service, wanted in SERVICES.items():
        model = load(service)
        operations, names = {}, []
        for name, operation in model["operations"].items():
            if wanted is not None and name not in wanted:
                continue
            entry = {
                "method": operation["http"]["method"],
                "uri": operation["http"]["requestUri"],
                "errors": [error["shape"] for error in operation.get("errors", [])],
            }
            for side in ("input", "output"):
                if side in operation:
                    entry[side] = operation[side]["shape"]
                    names.append(operation[side]["shape"])
            names += entry["errors"]
            operations[name] = entry
        shapes = {}
        while names:
            name = names.pop()
            if name in shapes:
                continue
            source = model["shapes"][name]
            shape = {"type": source["type"]}
            for key in ("min", "max", "pattern", "enum", "required"):
                if key in source:
                    shape[key] = source[key]
            if "error" in source or source.get("exception"):
                error = source.get("error", {})
                shape["error"] = {"code": error.get("code", name), "status": error.get("httpStatusCode", 400)}
            if source["type"] == "structure":
                shape["members"] = []
                for member, reference in source["members"].items():
                    entry = {"member": member, "shape": reference["shape"]}
                    if "location" in reference:
                        entry["location"] = reference["location"]
                    if reference.get("locationName", member) != member:
                        entry["wire"] = reference["locationName"]
                    shape["members"].append(entry)
                    names.append(reference["shape"])
            elif source["type"] == "list":
                shape["item"] = source["member"]["shape"]
                names.append(shape["item"])
            elif source["type"] == "map":
                shape["key"], shape["value"] = source["key"]["shape"], source["value"]["shape"]
                names += [shape["key"], shape["value"]]
            shapes[name] = shape
        document = {
            "source": f"botocore {botocore.__version__}, {service} {model['metadata']['apiVersion']}",
            "namespace": model["metadata"].get("xmlNamespace"),
            "operations": operations,
            "shapes": dict(sorted(shapes.items())),
        }
        lines = []
        for key in ("source", "namespace"):
            lines.append(f" {json.dumps(key)}: {json.dumps(document[key])}")
        for key in ("operations", "shapes"):
            body = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in document[key].items())
            lines.append(f" {json.dumps(key)}: {{\n{body}\n }}")
        with open(os.path.join(here, f"{service}.json"), "w") as file:
            file.write("{\n" + ",\n".join(lines) + "\n}\n")


main()
