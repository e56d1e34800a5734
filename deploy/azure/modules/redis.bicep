// What replicas share. Keys, not Entra: KEDA's scaler, which reads the same database, takes a password.
param environmentName string
param location string
param tags object
param sku string
param vaultName string

var port = 10000

resource cluster 'Microsoft.Cache/redisEnterprise@2025-07-01' = {
  name: 'redis-${environmentName}-${uniqueString(resourceGroup().id)}'
  location: location
  tags: tags
  sku: { name: sku }
  properties: {
    minimumTlsVersion: '1.2'
    highAvailability: 'Enabled'
    publicNetworkAccess: 'Enabled' // TLS and a key; a private endpoint wants a virtual network
  }
}

resource database 'Microsoft.Cache/redisEnterprise/databases@2025-07-01' = {
  parent: cluster
  name: 'default'
  properties: {
    clientProtocol: 'Encrypted'
    clusteringPolicy: 'EnterpriseCluster' // one address: neither the bridge nor KEDA is a cluster client
    evictionPolicy: 'NoEviction'
    accessKeysAuthentication: 'Enabled'
    port: port
  }
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource url 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  parent: vault
  name: 'redis-url'
  properties: {
    contentType: 'text/plain'
    value: 'rediss://:${uriComponent(database.listKeys().primaryKey)}@${cluster.properties.hostName}:${port}/0'
  }
}

resource address 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  parent: vault
  name: 'redis-address'
  properties: { contentType: 'text/plain', value: '${cluster.properties.hostName}:${port}' }
}

resource password 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  parent: vault
  name: 'redis-password'
  properties: { contentType: 'text/plain', value: database.listKeys().primaryKey }
}
