#!/usr/bin/env bash
# awscli 1.46.3 beside botocore 1.44.8 (Python 3.11, seen 2026-11-29).
#
# The AWS CLI v1 carries a botocore of its own. In one environment a program in Python has a call that
# the CLI beside it refuses as an invalid choice, although no dependency is in conflict.
#
# Seen:  botocore knows GetScopedCredentials, and is 1.44.8
#        aws is 1.46.3 with botocore 1.43.62, and does not have get-scoped-credentials
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check awscli==1.46.3 botocore==1.44.8

expect() {
  echo "$1: $2"
  [ "$2" = "$3" ] || { echo "changed; it was: $3" >&2; exit 1; }
}

library=$("$folder/env/bin/python" - <<'PYTHON'
import botocore.session

names = botocore.session.get_session().get_service_model("sts").operation_names
print(botocore.__version__, "GetScopedCredentials" in names)
PYTHON
)
expect "botocore" "$library" "1.44.8 True"
version=$("$folder/env/bin/aws" --version | grep -o "aws-cli/[0-9.]*\|botocore/[0-9.]*" | paste -sd " ")
expect "the AWS CLI" "$version" "aws-cli/1.46.3 botocore/1.43.62"
said=$("$folder/env/bin/aws" sts get-scoped-credentials 2>&1 || true)
choice=$(grep -c "Invalid choice" <<<"$said" || true)
expect "its invalid choices" "$choice" "1"
