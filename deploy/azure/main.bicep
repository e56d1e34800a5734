// What a bridge stands on: everything but the bridge, which needs an image first (app.bicep), and
// the calls, which need a bridge first (events.bicep). release.sh does those two.
targetScope = 'subscription'

@minLength(3)
@maxLength(20)
@description('Name of this installation: of the resource group (rg-NAME), and in all other names.')
param environmentName string

@description('Azure region; Voice Live has to be offered there, or voiceLocation be set.')
param location string

@description('Region of the Foundry resource, if it is not the one of the bridge.')
param voiceLocation string = location

@allowed(['Africa', 'Asia Pacific', 'Australia', 'Brazil', 'Canada', 'Europe', 'France', 'Germany', 'India', 'Japan', 'Korea', 'Norway', 'Switzerland', 'UAE', 'UK', 'United States'])
@description('Where Azure Communication Services keeps data at rest.')
param dataLocation string = 'Europe'

@description('Object id of whoever deploys: may write secrets, and push images. azd knows it.')
param principalId string = ''

@allowed(['User', 'ServicePrincipal', 'Group'])
@description('What principalId is.')
param principalType string = 'User'

@description('Redis for what replicas share. Without it there is one replica.')
param withRedis bool = true

@description('Size of Azure Managed Redis; the smallest holds the directory of thousands of calls.')
param redisSku string = 'Balanced_B0'

@description('Whether access keys open Redis, too. The bridge needs none; without, KEDA cannot see calls, and replicas are scaled by CPU alone.')
param redisKeys bool = true

@description('Days for which logs are kept. They hold no number and no word of a caller.')
@minValue(30)
@maxValue(730)
param logDays int = 90

var tags = { 'azd-env-name': environmentName }

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: { environmentName: environmentName, location: location, tags: tags }
}

module logs 'modules/logs.bicep' = {
  name: 'logs'
  scope: group
  params: { environmentName: environmentName, location: location, tags: tags, days: logDays }
}

module vault 'modules/vault.bicep' = {
  name: 'vault'
  scope: group
  params: {
    location: location
    tags: tags
    readerId: identity.outputs.principalId
    writerId: principalId
    writerType: principalType
  }
}

module registry 'modules/registry.bicep' = {
  name: 'registry'
  scope: group
  params: {
    location: location
    tags: tags
    readerId: identity.outputs.principalId
    writerId: principalId
    writerType: principalType
  }
}

module communication 'modules/communication.bicep' = {
  name: 'communication'
  scope: group
  params: {
    environmentName: environmentName
    dataLocation: dataLocation
    tags: tags
    callerId: identity.outputs.principalId
  }
}

module voice 'modules/voice.bicep' = {
  name: 'voice'
  scope: group
  params: {
    location: voiceLocation
    tags: tags
    callerId: identity.outputs.principalId
  }
}

module redis 'modules/redis.bicep' = if (withRedis) {
  name: 'redis'
  scope: group
  params: {
    environmentName: environmentName
    location: location
    tags: tags
    sku: redisSku
    userId: identity.outputs.principalId
    withKeys: redisKeys
    vaultName: vault.outputs.name
  }
}

module environment 'modules/environment.bicep' = {
  name: 'environment'
  scope: group
  params: {
    environmentName: environmentName
    location: location
    tags: tags
    workspaceName: logs.outputs.name
  }
}

// azd keeps these as variables, and release.sh reads them.
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_CONTAINER_REGISTRY_ENDPOINT string = registry.outputs.endpoint
output INTERLUDE_ENVIRONMENT string = environment.outputs.name
output INTERLUDE_IDENTITY string = identity.outputs.name
output INTERLUDE_VAULT string = vault.outputs.name
output INTERLUDE_ACS string = communication.outputs.name
output INTERLUDE_VOICE string = voice.outputs.name
output INTERLUDE_REDIS string = withRedis ? redis.outputs.address : ''
output INTERLUDE_REDIS_KEYS string = redisKeys ? 'true' : 'false'
