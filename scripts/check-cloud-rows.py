#!/usr/bin/env python3
"""Holds the names in rules/tables/cloud-*.toml to the schemas of the Terraform providers.

The npm packages @cdktf/provider-{aws,google,google-beta,azurerm} carry every resource type and attribute.
Older ones are read too, for rows about attributes that a later version renamed:

    npm pack @cdktf/provider-aws @cdktf/provider-aws@19 @cdktf/provider-google @cdktf/provider-google@13 \\
        @cdktf/provider-google-beta @cdktf/provider-azurerm @cdktf/provider-azurerm@12 @cdktf/provider-azurerm@5
    scripts/check-cloud-rows.py *.tgz
"""

import fnmatch
import pathlib
import re
import sys
import tarfile
import tomllib

TABLES = pathlib.Path(__file__).parent.parent / "rules" / "tables"

# What the packages carry; Kubernetes and other clouds are in none of them.
PROVIDERS = ("aws_", "google_", "azurerm_", "data.")

# Resources that a companion is joined to stand as attributes: see companions.toml.
COMPANION = re.compile(r"(aws|google|azurerm)_\w+")

# What was there in versions that no package holds: aws before 5, azurerm before 3, google before 4.
GONE = {
    "aws_db_security_group": set(),
    "aws_elasticache_security_group": set(),
    "aws_redshift_security_group": set(),
    "azurerm_mssql_database": {"extended_auditing_policy.retention_in_days"},
    "azurerm_sql_database": {"extended_auditing_policy", "extended_auditing_policy.retention_in_days"},
    "azurerm_sql_server": {"extended_auditing_policy", "extended_auditing_policy.retention_in_days"},
    "azurerm_data_lake_store": {"encryption_state"},
    "azurerm_key_vault": {"soft_delete_enabled"},
    "azurerm_kubernetes_cluster": {
        "addon_profile", "addon_profile.kube_dashboard.enabled", "addon_profile.oms_agent.enabled", "role_based_access_control.enabled",
    },
    "azurerm_mariadb_server": {"ssl_enforcement"},
    "azurerm_mysql_server": {"ssl_enforcement"},
    "azurerm_mssql_server": {"extended_auditing_policy", "extended_auditing_policy.retention_in_days"},
    "azurerm_postgresql_server": {"ssl_enforcement"},
    "azurerm_storage_account": {"allow_blob_public_access"},
    "google_container_cluster": {
        "addons_config.kubernetes_dashboard.disabled", "enable_binary_authorization", "master_auth.username", "node_config.workload_metadata_config.node_metadata",
    },
    "google_container_node_pool": {"node_config.workload_metadata_config.node_metadata"},
    # CloudFormation alone has them, or CDK.
    "aws_instance": {"ami_generation", "network_interfaces.associate_public_ip_address"},
    "aws_msk_cluster": {"client_authentication.unauthenticated.enabled"},
    "aws_api_gateway_stage": {"method_settings.cache_data_encrypted"},
    "aws_elb": {"policies.policy_attribute.name", "policies.policy_attribute.value"},
    "aws_rds_cluster": {"publicly_accessible"},
    "aws_elasticsearch_domain": {f"log_publishing_options.{log}_logs" for log in ("es_application", "search_slow", "index_slow", "audit")},
}


def schema(package):
    """The attribute paths of each resource type of a package, from the functions that write them."""
    # The blocks of a large resource stand in files of their own beside its index.
    folders = {}
    with tarfile.open(package) as archive:
        for member in archive:
            match = re.fullmatch(r"package/lib/([^/]+)/(?:index|index-structs/\w+)\.js", member.name)
            if match:
                folders.setdefault(match.group(1), []).append(archive.extractfile(member).read().decode())
    types = {}
    for files in folders.values():
        code = "\n".join(files)
        kind = re.search(r'\.tfResourceType = "([^"]+)"', code)
        top = re.search(r"synthesizeAttributes\(\) \{(.*?)\n    \}", code, re.S)
        if not kind or not top:
            continue
        blocks = {
            name: re.findall(r"\n        (\w+): (.*?),(?=\n)", body)
            for name, body in re.findall(r"\nfunction (\w+)ToTerraform\(struct\) \{(.*?)\n\}", code, re.S)
        }
        name = ("data." if "extends cdktf.TerraformDataSource" in code else "") + kind.group(1)
        collect(types.setdefault(name, set()), "", re.findall(r"\n            (\w+): (.*?),(?=\n)", top.group(1)), blocks, 0)
    return types


def collect(paths, prefix, items, blocks, depth):
    for name, expression in items:
        paths.add(prefix + name)
        block = re.search(r"(\w+)ToTerraform(?:,|\(|\))", expression)
        if block and block.group(1) in blocks and depth < 9:
            collect(paths, f"{prefix}{name}.", blocks[block.group(1)], blocks, depth + 1)


def many(value):
    return value if isinstance(value, list) else [value]


def is_known(paths, path):
    """A path of the schema, or one into a map or a JSON text, about which the schema says no more."""
    if path in paths or COMPANION.match(path):
        return True
    parts = path.split(".")
    starts = (".".join(parts[:at]) for at in range(1, len(parts)))
    return any(start in paths and not any(other.startswith(start + ".") for other in paths) for start in starts)


def mistakes(types):
    for table in sorted(TABLES.glob("cloud-*.toml")):
        for row in tomllib.loads(table.read_text())["rows"]:
            attr = row.get("attr", "")
            parent = attr.rpartition(".")[0]
            conditions = {text.partition("=")[0] for key in ("when", "unless", "absent-unless") for text in many(row.get(key, []))}
            beside = {f"{parent}.{text.partition('=')[0]}" for text in many(row.get("beside", []))}
            patterns = [ty for ty in many(row["types"]) if ty.startswith(PROVIDERS)]
            found = {ty: fnmatch.filter(types, ty) for ty in patterns}
            for ty, matching in found.items():
                if not matching:
                    yield f"{table.name}: there is no type {ty}"
                for path in {attr} - {""} | beside:
                    if matching and not any(is_known(types[name], path) for name in matching):
                        yield f"{table.name}: {ty} has no {path}"
            every = [name for matching in found.values() for name in matching]
            for path in conditions:
                if every and not any(is_known(types[name], path) for name in every):
                    yield f"{table.name}: {', '.join(patterns)} has no {path}"


def main():
    types = {}
    for package in sys.argv[1:]:
        for ty, paths in schema(package).items():
            types.setdefault(ty, set()).update(paths)
    if not types:
        sys.exit(__doc__)
    for ty, paths in GONE.items():
        types.setdefault(ty, set()).update(paths)
    found = list(mistakes(types))
    print("\n".join([*found, f"{len(types)} types, {len(found)} mistakes"]))
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
