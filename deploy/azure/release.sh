#!/usr/bin/env bash
# Builds an image in Azure's registry and puts it to work beside the release before, whose calls go on:
#   release.sh           new calls go to the new release
#   release.sh retire    ends releases that get no new calls; wait for the longest call first (30 minutes)
#   release.sh back      gives new calls to the release before
# azd runs the first after provisioning, with these variables set. By hand: eval "$(azd env get-values)".
set -euo pipefail
case ${1:-release} in
release | retire | back) ;;
*)
  sed -n '2,6s/^# //p' "$0" >&2
  exit 2
  ;;
esac
cd "$(dirname "$0")/../.."

: "${AZURE_RESOURCE_GROUP:?}" "${AZURE_CONTAINER_REGISTRY_ENDPOINT:?}" "${INTERLUDE_ENVIRONMENT:?}"
: "${INTERLUDE_IDENTITY:?}" "${INTERLUDE_VAULT:?}" "${INTERLUDE_ACS:?}" "${INTERLUDE_VOICE:?}"
app=${INTERLUDE_APP:-interlude}
here=(--resource-group "$AZURE_RESOURCE_GROUP")

# Names of active releases that have (100) or have not (0) the traffic, the newest first.
releases() {
  az containerapp revision list "${here[@]}" --name "$app" --output tsv --query \
    "sort_by([?properties.active && properties.trafficWeight==\`$1\`], &properties.createdTime)[].name" | tac
}

# Makes a secret, unless it is there; whoever was just given the role may have to wait for it.
secret() {
  az keyvault secret show --vault-name "$INTERLUDE_VAULT" --name "$1" --output none 2>/dev/null && return
  local value attempt
  value=$(openssl rand -hex 32)
  for attempt in 1 2 3 4 5 6; do
    az keyvault secret set --vault-name "$INTERLUDE_VAULT" --name "$1" --value "$value" --output none && return
    echo "attempt $attempt: waiting for the role on $INTERLUDE_VAULT"
    sleep 20
  done
  return 1
}

case ${1:-release} in
retire)
  for each in $(releases 0); do
    az containerapp revision deactivate "${here[@]}" --name "$app" --revision "$each" --output none
    echo "$each ends"
  done
  ;;
back)
  before=$(releases 0 | head -1)
  : "${before:?There is no other active release; az containerapp revision activate brings one back.}"
  az containerapp ingress traffic set "${here[@]}" --name "$app" --revision-weight "$before=100" --output none
  echo "new calls go to $before"
  ;;
release)
  for each in interlude-secret interlude-api-key interlude-read-key eventgrid-key; do secret "$each"; done

  release=r$(date -u +%m%d%H%M%S)
  image=interlude:$release
  az acr build --registry "${AZURE_CONTAINER_REGISTRY_ENDPOINT%%.*}" --image "$image" \
    --file deploy/Dockerfile --platform linux/amd64 .

  az deployment group create "${here[@]}" --name "app-$release" --template-file deploy/azure/app.bicep \
    --output none --parameters appName="$app" release="$release" \
    image="$AZURE_CONTAINER_REGISTRY_ENDPOINT/$image" registry="$AZURE_CONTAINER_REGISTRY_ENDPOINT" \
    environmentName="$INTERLUDE_ENVIRONMENT" identityName="$INTERLUDE_IDENTITY" \
    vaultName="$INTERLUDE_VAULT" communicationName="$INTERLUDE_ACS" voiceName="$INTERLUDE_VOICE" \
    redisAddress="${INTERLUDE_REDIS:-}" redisKeys="${INTERLUDE_REDIS_KEYS:-true}"
  output() {
    az deployment group show "${here[@]}" --name "app-$release" --query "properties.outputs.$1.value" --output tsv
  }
  url=$(output url)
  curl --fail --silent --show-error --retry 30 --retry-delay 5 --retry-all-errors --output /dev/null \
    "$(output releaseUrl)/health/ready"

  # The key is in this machine's list of processes for the length of the command.
  az deployment group create "${here[@]}" --name "events-$release" --template-file deploy/azure/events.bicep \
    --output none --parameters communicationName="$INTERLUDE_ACS" url="$url" \
    key="$(az keyvault secret show --vault-name "$INTERLUDE_VAULT" --name eventgrid-key --query value --output tsv)"
  echo "$release answers at $url. In 30 minutes: release.sh retire"
  ;;
esac
