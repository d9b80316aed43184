#!/usr/bin/env python3
"""Prints the content of schema/lists.json: how the items of the lists of Kubernetes 1.25 to 1.37 are identified.

The source is the Python package `kubernetes-validate`, which has the OpenAPI definitions of Kubernetes as JSON:

    pip download --no-deps kubernetes-validate==1.37.0
    python3 schema/lists.py kubernetes_validate-1.37.0-py3-none-any.whl > schema/lists.json

A list has the keys in `x-kubernetes-list-map-keys`, or else the one in `x-kubernetes-patch-merge-key`. A set of scalars has no
keys (`[]`). A list whose order counts is not in the table. A type is in the table if it contains such a list.
"""

import json
import re
import sys
import zipfile

REF = re.compile(r"^#/\$defs/")


def definitions(wheel):
    """The definitions of all versions. A newer version replaces the definition of an older one."""
    found = {}
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.endswith("-local/_definitions.json")]
        for name in sorted(names, key=lambda name: [int(n) for n in re.findall(r"v(\d+)\.(\d+)", name)[0]]):
            found.update(json.loads(archive.read(name))["$defs"])
    return found


def types_of(schema):
    kinds = schema.get("type", [])
    return kinds if isinstance(kinds, list) else [kinds]


def reference(schema):
    """The name of the type that a schema refers to."""
    parts = [schema] + schema.get("allOf", []) + schema.get("oneOf", []) + schema.get("anyOf", [])
    names = [part["$ref"] for part in parts if "$ref" in part]
    return REF.sub("", names[0]) if names else None


def keys(schema):
    named = schema.get("x-kubernetes-list-map-keys")
    merged = schema.get("x-kubernetes-patch-merge-key")
    if named or merged:
        return named or [merged]
    is_set = schema.get("x-kubernetes-list-type") == "set" or (
        "merge" in schema.get("x-kubernetes-patch-strategy", "").split(",") and reference(schema.get("items", {})) is None
    )
    return [] if is_set else None


def fields(definition):
    """The fields of a type that are lists or that refer to other types."""
    found = {}
    for name, schema in (definition.get("properties") or {}).items():
        field = {}
        if "array" in types_of(schema):
            if keys(schema) is not None:
                field["keys"] = keys(schema)
            items = reference(schema.get("items", {}))
            if items:
                field["items"] = items
        elif reference(schema):
            field["type"] = reference(schema)
        if field:
            found[name] = field
    return found


def useful(types):
    """The names of the types that contain a list with keys or a set, also within other types."""
    names = {name for name, found in types.items() if any("keys" in field for field in found.values())}
    while True:
        more = {
            name
            for name, found in types.items()
            if name not in names and any((field.get("type") or field.get("items")) in names for field in found.values())
        }
        if not more:
            return names
        names |= more


def main():
    found = definitions(sys.argv[1])
    types = {name: fields(definition) for name, definition in found.items()}
    kept = useful(types)
    table = {}
    for name in sorted(kept):
        short = {}
        for field, value in sorted(types[name].items()):
            value = {k: v for k, v in value.items() if k == "keys" or v in kept}
            if value:
                short[field] = value
        table[name] = short
    kinds = {}
    for name in sorted(kept):
        for gvk in found[name].get("x-kubernetes-group-version-kind", []):
            version = "/".join(part for part in (gvk.get("group", ""), gvk["version"]) if part)
            if not (gvk["kind"].endswith("List") and "items" in table[name]):
                kinds[f"{version}/{gvk['kind']}"] = name
    reached = set(kinds.values())
    while True:
        more = {v.get("type") or v.get("items") for name in reached for v in table[name].values()} - reached - {None}
        if not more:
            break
        reached |= more
    table = {name: table[name] for name in reached}
    names = {name: re.sub(r"^io\.k8s\.(api|apimachinery\.pkg\.apis|[a-z-]+\.pkg\.apis)\.", "", name) for name in table}
    assert len(set(names.values())) == len(names), "short names of types are unique"
    for shape in table.values():
        for field in shape.values():
            for part in ("type", "items"):
                if part in field:
                    field[part] = names[field[part]]
    table = {names[name]: table[name] for name in sorted(table, key=names.get)}
    kinds = {kind: names[name] for kind, name in sorted(kinds.items())}
    lines = ["{", '  "kinds": {']
    lines += [",\n".join(f"    {json.dumps(k)}: {json.dumps(v)}" for k, v in kinds.items())]
    lines += ["  },", '  "types": {']
    lines += [",\n".join(f"    {json.dumps(k)}: {json.dumps(v)}" for k, v in table.items())]
    lines += ["  }", "}"]
    print("\n".join(lines))


main()
