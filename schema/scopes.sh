#!/bin/sh
# Prints the content of schema/scopes.json: the scope of each kind of Kubernetes 1.25 to 1.37, from the sources of the crate
# k8s-openapi. Needs cargo, and a network for the download.
#
#   sh schema/scopes.sh > schema/scopes.json
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
: > "$folder/src/lib.rs"
# Each release of the crate has five to seven versions of Kubernetes; these three have all from 1.22 to 1.37.
cat > "$folder/Cargo.toml" <<'TOML'
[package]
name = "scopes"
version = "0.0.0"
edition = "2021"

[dependencies]
k25 = { package = "k8s-openapi", version = "=0.20.0", features = ["v1_25"] }
k28 = { package = "k8s-openapi", version = "=0.24.0", features = ["v1_28"] }
k33 = { package = "k8s-openapi", version = "=0.29.0", features = ["v1_33"] }
TOML
(cd "$folder" && cargo vendor --quiet --versioned-dirs vendor >/dev/null)
rm -r "$folder"/vendor/k8s-openapi-*/src/v1_2[234]

# Prints `"Kind.group",` for the kinds of a scope. Kinds without objects, such as reviews, are harmless.
kinds() {
    find "$folder"/vendor/k8s-openapi-*/src/v1_* -name '*.rs' -exec cat {} + | awk -v scope="$1" '
        /^impl crate::Resource for/ { group = kind = "" }
        /const GROUP:/ { split($0, part, "\""); group = part[2] }
        /const KIND:/ { split($0, part, "\""); kind = part[2] }
        /type Scope = / && index($0, "crate::" scope ";") { print "    \"" kind (group == "" ? "" : ".") group "\"," }
    ' | LC_ALL=C sort -u | sed '$ s/,$//'
}

printf '{\n  "cluster": [\n'
kinds ClusterResourceScope
printf '  ],\n  "namespaced": [\n'
kinds NamespaceResourceScope
printf '  ]\n}\n'
