#!/bin/sh
# A first installation, whole: namespace, identities, the umbrella with charts/crossdock/quick-start.yaml, and its test.
# Runs again as an upgrade. Needs kubectl and helm on PATH; acts on the cluster that they are set to.
set -eu
cd "$(dirname "$0")/.."
namespace=$1 registry=$2
if [ -z "$registry" ]; then
    echo "quick-start: REGISTRY says where the images are: make quick-start REGISTRY=registry.example.com/crossdock" >&2
    exit 2
fi
for program in kubectl helm; do
    command -v "$program" >/dev/null || { echo "quick-start: there is no $program on PATH" >&2; exit 1; }
done

if ! kubectl get namespace "$namespace" >/dev/null 2>&1; then
    kubectl create namespace "$namespace"
    kubectl label namespace "$namespace" pod-security.kubernetes.io/enforce=restricted
fi
# What another folder's keys made stays: its documents are encrypted under them.
if [ -d ".identity/$namespace" ]; then
    .venv/bin/crossdock identity create --namespace "$namespace" | kubectl apply -f -
else
    if kubectl -n "$namespace" get secret crossdock-trust >/dev/null 2>&1; then
        echo "quick-start: $namespace has identities that were made elsewhere; they stay" >&2
    else
        .venv/bin/crossdock identity create --namespace "$namespace" | kubectl create -f -
    fi
fi
helm upgrade --install crossdock build/charts/crossdock-0.1.0.tgz --namespace "$namespace" \
    --values charts/crossdock/quick-start.yaml --set "global.image.registry=$registry" --wait --timeout 10m
helm test crossdock --namespace "$namespace" --logs
