"""What the browser needs of the parameters: `assets/values.json`, the fields of "Your values"."""

import json

from podrole.catalog import Catalog
from podrole.catalog.formats.quoting import SHELL_SAFE
from podrole.catalog.parameters import Parameter
from podrole.partitions import PARTITIONS
from podrole.site.values.value_places import SECRETS, plain_parameters

#: The drawer's groups; what stands in none is in the last, `other`.
GROUPS: dict[str, tuple[str, ...]] = {
    "accounts": (
        "account_id",
        "target_account_id",
        "org_id",
        "partition",
        "dns_suffix",
        "admin_role",
        "target_role_name",
    ),
    "cluster": (
        "cluster",
        "region",
        "oidc_id",
        "oidc_id_green",
        "node_role",
        "vpc_id",
        "vpc_endpoint_id",
    ),
    "workload": (
        "namespace",
        "service_account",
        "deployment",
        "image",
        "role_name",
        "role_path",
        "pod_uid",
        "repository",
        "repo_prefix",
    ),
    "storage": (
        "bucket",
        "prefix",
        "table",
        "db_resource_id",
        "db_user",
        "secret_name",
        "secret_suffix",
        "parameter_path",
        "kms_key_id",
    ),
    "messages": ("queue", "topic", "stream", "event_bus", "event_source"),
}


def values_json(catalog: Catalog) -> str:
    """The fields in the drawer's order: name, group, description, pattern, and the value shown.

    `shell` is what a shell reads as nothing but text; `secrets` are names that no page asks for.
    """
    group_of = {name: group for group, names in GROUPS.items() for name in names}
    parameters = {one.name: one for one in plain_parameters(catalog.parameters)}
    ordered = dict.fromkeys([*group_of, *parameters])
    fields = [
        {
            "name": name,
            "group": group_of.get(name, "other"),
            "description": parameters[name].description,
            "pattern": parameters[name].pattern.pattern,
            "value": catalog.values[name],
            **_part(parameters[name]),
        }
        for name in ordered
    ]
    of_region = {one.of_region: one.name for one in parameters.values() if one.of_region}
    regions = [
        {
            "pattern": partition.regions.pattern,
            "example": partition.example,
            "values": {name: getattr(partition, part) for part, name in of_region.items()},
        }
        for partition in PARTITIONS
    ]
    known = {
        "regions": regions,
        "fields": fields,
        "shell": SHELL_SAFE.pattern,
        "secrets": sorted(SECRETS),
    }
    return json.dumps(known, ensure_ascii=False, separators=(",", ":"))


def _part(parameter: Parameter) -> dict[str, str]:
    return {"part": parameter.part.pattern} if parameter.part else {}
