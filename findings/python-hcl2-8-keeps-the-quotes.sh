#!/usr/bin/env bash
# python-hcl2 7.3.1 beside 8.1.4 (Python 3.11, seen 2026-11-29).
#
# Since version 8 the quotation marks of a block's labels and of text values stay in what `loads` gives.
# A policy tool that looks for `aws_iam_role` among the resources finds none, and nothing is raised. The
# argument of jsonencode() is HCL in the text, where 7 wrote its keys as JSON does.
#
# Seen:  7.3.1: aws_iam_role r orders ${jsonencode({"Version": "2012-10-17"})}
#        8.1.4: "aws_iam_role" "r" "orders" ${jsonencode({Version = "2012-10-17"})}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"

expect() {
  "$folder/env/bin/pip" install --quiet --disable-pip-version-check "python-hcl2==$1"
  seen=$("$folder/env/bin/python" - <<'PYTHON'
import hcl2

(block,) = hcl2.loads(
    'resource "aws_iam_role" "r" {\n'
    '  name               = "orders"\n'
    '  assume_role_policy = jsonencode({ Version = "2012-10-17" })\n'
    "}\n"
)["resource"]
(kind, named), = block.items()
(name, role), = named.items()
print(kind, name, role["name"], role["assume_role_policy"])
PYTHON
  )
  echo "$1: $seen"
  [ "$seen" = "$2" ] || { echo "changed; it was: $2" >&2; exit 1; }
}

# shellcheck disable=SC2016  # ${…} is what the library writes
expect 7.3.1 'aws_iam_role r orders ${jsonencode({"Version": "2012-10-17"})}'
# shellcheck disable=SC2016
expect 8.1.4 '"aws_iam_role" "r" "orders" ${jsonencode({Version = "2012-10-17"})}'
