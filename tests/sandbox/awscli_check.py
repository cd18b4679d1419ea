"""Drives every operation of a served sandbox with the aws CLI, in this process: starting it anew takes a second.

    awscli_check.py ENDPOINT PLAN

PLAN is JSON: the state every case starts from, and the cases: service, operation, input and what comes before. Every
command must end with 0, write nothing to stderr, and print JSON with nothing but members of the output's shape. Ends
with 1 and the list of complaints.
"""

import contextlib
import functools
import io
import json
import os
import sys
import urllib.request

import botocore.session
from awscli.clidriver import create_clidriver
from botocore import xform_name

SERVICES = {"tagging": "resourcegroupstaggingapi"}
# Options that the CLI names otherwise, since --version is its own.
RENAMED = {("eks", "version"): "kubernetes-version"}
session = botocore.session.get_session()


@functools.cache
def driver():
    return create_clidriver()


def options(service, input_shape, parameters):
    for name, value in parameters.items():
        option = RENAMED.get((service, name), xform_name(name, "-"))
        kind = input_shape.members[name].type_name
        if kind == "boolean":
            yield f"--{option}" if value else f"--no-{option}"
            continue
        yield f"--{option}"
        plain = kind == "list" and input_shape.members[name].member.type_name == "string"
        yield from value if plain else [value if isinstance(value, str) else json.dumps(value)]


def run(case):
    service = SERVICES.get(case["service"], case["service"])
    model = session.get_service_model(service).operation_model(case["operation"])
    arguments = [service, xform_name(case["operation"], "-")]
    arguments += options(service, model.input_shape, case["input"])
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = driver().main([*arguments, "--output", "json"])
        except SystemExit as stopped:
            code = stopped.code
    said = f"aws {' '.join(arguments)[:300]}"
    if code or err.getvalue():
        return f"{said}: {code}: {err.getvalue().strip()}"
    if not out.getvalue():
        return None if not model.output_shape or not model.output_shape.members else f"{said}: printed nothing"
    unknown = set(json.loads(out.getvalue())) - set(model.output_shape.members)
    return f"{said}: unknown {sorted(unknown)}" if unknown else None


def main(endpoint, plan):
    os.environ.update({
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-2",
        "AWS_ENDPOINT_URL": endpoint, "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    })
    with open(plan, encoding="utf-8") as file:
        plan = json.load(file)
    complaints = []
    for case in plan["cases"]:
        headers = {"x-eksform-sandbox": "1"}
        body = json.dumps(plan["world"]).encode()
        urllib.request.urlopen(urllib.request.Request(f"{endpoint}/_sandbox/import", body, headers, method="PUT"))
        for one in [*case["before"], case]:
            complaint = run(one)
            if complaint:
                complaints.append(complaint)
    for complaint in complaints:
        print(complaint)
    print(f"{len(plan['cases'])} operations, {len(complaints)} complaints")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
