#!/usr/bin/env python3
"""Holds the corpus of the language and the layouts of fmt against Terraform.

    tests/lang/terraform_check.py [--expressions] [--fmt] [--eksform PATH] [FILE ...]

Uses `terraform`, else `tofu`, or what EKSFORM_TERRAFORM names. Without one it says so and ends with 2. Every
difference is listed; the exit code is 1 if there is one that `testdata/lang/differences.list` does not name.

An expression agrees if Terraform gives the same for it as for what the corpus expects, or refuses both. Layouts
agree if `terraform fmt` gives the bytes that `eksform fmt` gives.
"""

import argparse
import difflib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORPUS = ROOT / "testdata" / "lang"

# The scope of the corpus (tests/lang/scope.rs). Names that Terraform has no word for stand in locals and
# variables: a variable without a value is unknown to the console.
SCOPE = r"""
locals {
  secret = {
    s      = sensitive("secret")
    n      = sensitive(7)
    list   = sensitive(["p", "q"])
    inside = { open = "o", hidden = sensitive("h") }
  }
  addon_x = { arn = "arn:addon" }
}
variable "unknown_any" {}
variable "unknown_string" { type = string }
variable "unknown_number" { type = number }
variable "unknown_bool" { type = bool }
variable "unknown_list" { type = list(string) }
variable "unknown_set" { type = set(string) }
variable "unknown_map" { type = map(string) }
variable "s" { default = "hello" }
variable "empty" { default = "" }
variable "n" { default = 5 }
variable "zero" { default = 0 }
variable "t" { default = true }
variable "f" { default = false }
variable "null" { default = null }
variable "list" { default = ["a", "b", "c"] }
variable "set" {
  type    = set(string)
  default = ["c", "a", "b"]
}
variable "map" { default = { a = "x", b = "y" } }
variable "users" { default = [{ name = "ann", admin = true }, { name = "bob", admin = false }] }
variable "template" { default = "Hello $${name}!" }
variable "reader" { default = "$${file(\"hello.txt\")}" }
"""

FILES = {
    "hello.txt": b"Hello\n",
    "name.tftpl": b"Hello, ${name}!",
    "list.tftpl": b"%{ for x in xs ~}\nitem ${x}\n%{ endfor ~}\n",
    "nested.tftpl": b'${templatefile("name.tftpl", { name = "x" })}',
    "only.tftpl": b"${a}",
    "broken.tftpl": b"a\n${b",
    "binary": b"\xff\x00",
    "files/a.txt": b"",
    "files/b.yaml": b"",
    "files/sub/c.txt": b"",
    "files/sub/deep/d.txt": b"",
}


def cases(path):
    """(line, expression, expected expression or None, part of the error or None)."""
    expression, first = [], 0
    for number, line in enumerate(path.read_text().split("\n"), 1):
        if not expression:
            if line in ("", "#") or line.startswith("# "):
                continue
            first = number
        if line.startswith("= "):
            yield first, "\n".join(expression), line[2:], None
        elif line.startswith("! "):
            yield first, "\n".join(expression), None, line[2:]
        else:
            expression.append(line)
            continue
        expression = []


def in_terraform(text):
    # Names that are not declared are refused before anything is evaluated: this fails when it is.
    text = re.sub(r"\bnope\.x\b", "[][0]", text)
    text = re.sub(r"\bsecret\.", "local.secret.", text)
    text = re.sub(r"\bunknown\.", "var.unknown_", text)
    return text.replace("addon.vpc-cni", "local.addon_x").replace("addon[\"vpc-cni\"]", "local.addon_x")


class Console:
    """`terraform console`. Many expressions go into one call, since each call takes a moment."""

    BATCH = 100

    def __init__(self, binary):
        self.binary = binary
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="eksform-terraform-"))
        (self.directory / "scope.tf").write_text(SCOPE)
        for name, content in FILES.items():
            path = self.directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def close(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    def run(self, local_values, expression):
        """What the console prints, complaints too."""
        text = "".join(f"  {name} = {value}\n" for name, value in local_values)
        (self.directory / "case.tf").write_text("locals {\n%s}\n" % text)
        environment = {**os.environ, "CHECKPOINT_DISABLE": "1", "HOME": "/home/ann", "TF_LOG": ""}
        done = subprocess.run(
            [self.binary, "console"], cwd=self.directory, env=environment, input=expression + "\n", text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, errors="replace",
        )
        return re.sub(r"\x1b\[[0-9;]*m", "", done.stdout), "Error:" in done.stdout + done.stderr

    def values(self, expressions):
        """For each (its JSON text, whether a part of it is sensitive), the console's own words for what is
        partly unknown, or None for an error."""
        if not expressions:
            return []
        if len(expressions) > self.BATCH:
            middle = len(expressions) // 2
            return self.values(expressions[:middle]) + self.values(expressions[middle:])
        local_values = [(f"c{i}", expression) for i, expression in enumerate(expressions)]
        parts = [
            f'"@@{i}m" = jsonencode(local.c{i}), "@@{i}v" = try(nonsensitive(jsonencode(local.c{i})), jsonencode(local.c{i}))'
            for i in range(len(expressions))
        ]
        printed, _ = self.run(local_values, "{ %s }" % ", ".join(parts))
        found = dict(re.findall(r'^ *"@@(\d+[mv])" += (.*)$', printed, re.M))
        if not found:
            # Something in it that no call can be made with: a name that is not declared, say.
            if len(expressions) == 1:
                return [None]
            middle = len(expressions) // 2
            return self.values(expressions[:middle]) + self.values(expressions[middle:])
        results = []
        for i, expression in enumerate(expressions):
            value, mark = found.get(f"{i}v", ""), found.get(f"{i}m", "")
            if value.startswith('"'):
                results.append((value, "(sensitive" in mark))
                continue
            printed, failed = self.run([("c", expression)], "local.c")
            results.append(None if failed else plain(printed))
        return results

    def succeed(self, expressions):
        """For each whether it is anything but an error."""
        if not expressions:
            return []
        if len(expressions) > 10:
            middle = len(expressions) // 2
            return self.succeed(expressions[:middle]) + self.succeed(expressions[middle:])
        local_values = [(f"c{i}", f"can({expression}\n)") for i, expression in enumerate(expressions)]
        parts = [f'"@@{i}c" = local.c{i}' for i in range(len(expressions))]
        printed, _ = self.run(local_values, "{ %s }" % ", ".join(parts))
        found = dict(re.findall(r'^ *"@@(\d+c)" += (.*)$', printed, re.M))
        if found:
            known = {"true": True, "false": False}
            return [
                known[found[f"{i}c"]] if found.get(f"{i}c") in known else not self.run([("c", expression)], "local.c")[1]
                for i, expression in enumerate(expressions)
            ]
        if len(expressions) == 1:
            return [False]
        middle = len(expressions) // 2
        return self.succeed(expressions[:middle]) + self.succeed(expressions[middle:])


def plain(text):
    """Without what the corpus does not tell apart: lists and tuples, maps and objects, types of null."""
    text = re.sub(r"null /\* \w+ \*/|to\w+\(null\)", "null", text.strip())
    text = text.replace("(sensitive value)", "(sensitive)")
    out, open_, i = [], [], 0
    while i < len(text):
        word = re.compile(r'tolist\(|tomap\(|toset\(|"(?:[^"\\]|\\.)*"|[()]|.', re.S).match(text, i).group()
        i += len(word)
        if word in ("tolist(", "tomap("):
            open_.append(False)
        elif word in ("toset(", "("):
            open_.append(True)
            out.append(word)
        elif word == ")" and open_:
            if open_.pop():
                out.append(word)
        else:
            out.append(word)
    return re.sub(r"\s+", " ", "".join(out))


def known_differences():
    """Lines `FILE: expression` of the differences that are documented."""
    path = CORPUS / "differences.list"
    if not path.exists():
        return {}
    known, reason = {}, ""
    for line in path.read_text().splitlines():
        if line.startswith("# "):
            reason = line[2:]
        elif line.strip():
            known[line.strip()] = reason
    return known


def expressions(binary, files, known):
    console = Console(binary)
    count, unexpected, used = 0, 0, set()
    try:
        for path in files:
            found = list(cases(path))
            valid = [case for case in found if case[2] is not None]
            given = console.values([in_terraform(case[1]) for case in valid])
            wanted = console.values([in_terraform(case[2]) for case in valid])
            outcomes = list(zip(valid, given, wanted))
            broken = [case for case in found if case[2] is None]
            succeeded = console.succeed([in_terraform(case[1]) for case in broken])
            outcomes += [(case, "a value" if fine else None, None) for case, fine in zip(broken, succeeded)]
            for (line, text, expected, error), got, want in sorted(outcomes, key=lambda one: one[0][0]):
                count += 1
                if expected is None:
                    same, told = got is None, f"an error ({error})"
                else:
                    same = got is not None and got == want
                    told = f"{expected}, which is {want}"
                if same:
                    continue
                key = f"{path.name}: " + text.replace("\n", "\\n")
                if key in known:
                    used.add(key)
                    continue
                unexpected += 1
                answer = "an error" if got is None else got
                print(f"{path.name}:{line}: {text}\n    corpus:    {told}\n    terraform: {answer}\n")
    finally:
        console.close()
    gone = [key for key in known if key not in used and key.split(":")[0] in {path.name for path in files}]
    for key in gone:
        print(f"documented as a difference, and is none with this version: {key}")
    print(f"{count} expressions: {unexpected} unexpected differences, {len(used)} documented")
    return unexpected == 0


def formatted(command, text):
    done = subprocess.run(command, input=text, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.stdout if done.returncode == 0 else None


def layouts(binary, eksform, files, known):
    count, unexpected, used = 0, 0, 0
    for path in files:
        text = path.read_text()
        theirs, ours = formatted([binary, "fmt", "-"], text), formatted([eksform, "fmt", "-"], text)
        if theirs is None or ours is None:
            continue
        count += 1
        if theirs == ours:
            continue
        if f"fmt: {path.relative_to(ROOT)}" in known:
            used += 1
            continue
        unexpected += 1
        lines = difflib.unified_diff(theirs.splitlines(True), ours.splitlines(True), "terraform fmt", "eksform fmt")
        print(f"{path.relative_to(ROOT)}:\n" + "".join(lines))
    print(f"{count} files that both read: {unexpected} unexpected differences, {used} documented")
    return unexpected == 0


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("--expressions", action="store_true", help="only the expressions")
    arguments.add_argument("--fmt", action="store_true", help="only the layouts")
    arguments.add_argument("--eksform", default="eksform", help="the binary whose fmt is compared")
    arguments.add_argument("files", nargs="*", type=pathlib.Path, help="*.txt of the corpus, or files to format")
    given = arguments.parse_args()
    both = given.expressions == given.fmt
    binary = os.environ.get("EKSFORM_TERRAFORM") or shutil.which("terraform") or shutil.which("tofu")
    if not binary:
        print("There is no terraform or tofu on PATH: nothing was compared.", file=sys.stderr)
        return 2
    version = subprocess.run([binary, "version"], text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    print(f"{binary}: {version.stdout.splitlines()[0]}")
    known, good = known_differences(), True
    if both or given.expressions:
        files = [path for path in given.files if path.suffix == ".txt"]
        if given.files == []:
            files = sorted(CORPUS.glob("*.txt"))
        good &= expressions(binary, files, known)
    if both or given.fmt:
        eksform = shutil.which(given.eksform)
        if not eksform:
            print(f"There is no {given.eksform}: layouts were not compared. Name it with --eksform.", file=sys.stderr)
            return 2
        files = [path.resolve() for path in given.files if path.suffix != ".txt"]
        if given.files == []:
            files = sorted(CORPUS.glob("fmt/*.hcl"))
            for directory in ("testdata", "examples"):
                files += sorted((ROOT / directory).rglob("*.eks.hcl"))
        good &= layouts(binary, eksform, files, known)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
