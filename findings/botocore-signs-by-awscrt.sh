#!/usr/bin/env bash
# botocore 1.44.5 with and without awscrt 0.38.1 (Python 3.11, seen 2026-11-28).
#
# Installing awscrt beside botocore changes who signs: the name `v4` in botocore's table of signers is
# then a class of botocore.crt.auth, for every client and without a setting. A program that replaces or
# counts calls of botocore.auth.SigV4Auth, as test doubles and tracers do, sees none of its requests.
# The same program without awscrt is seen. S3 (`s3v4`) changes in the same way.
#
# Seen:  without awscrt: botocore.auth.SigV4Auth, botocore.auth.S3SigV4Auth
#        with awscrt:    botocore.crt.auth.CrtSigV4Auth, botocore.crt.auth.CrtS3SigV4Auth
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check botocore==1.44.5

signers() {
  "$folder/env/bin/python" - <<'PYTHON'
from botocore.auth import AUTH_TYPE_MAPS
print(", ".join(f"{AUTH_TYPE_MAPS[name].__module__}.{AUTH_TYPE_MAPS[name].__name__}" for name in ("v4", "s3v4")))
PYTHON
}

expect() {
  echo "$1: $2"
  [ "$2" = "$3" ] || { echo "changed; it was: $3" >&2; exit 1; }
}

expect "without awscrt" "$(signers)" "botocore.auth.SigV4Auth, botocore.auth.S3SigV4Auth"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check awscrt==0.38.1
expect "with awscrt" "$(signers)" "botocore.crt.auth.CrtSigV4Auth, botocore.crt.auth.CrtS3SigV4Auth"
