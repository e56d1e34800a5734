// What replicas share. The bridge comes by its identity; KEDA's scaler, which reads the same database,
// takes a password.
param environmentName string
param location string
param tags object
param sku string
param userId string
param withKeys bool
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
    publicNetworkAccess: 'Enabled' // TLS and a role or a key; a private endpoint wants a virtual network
  }
}

resource database 'Microsoft.Cache/redisEnterprise/databases@2025-07-01' = {
  parent: cluster
  name: 'default'
  properties: {
    clientProtocol: 'Encrypted'
    clusteringPolicy: 'EnterpriseCluster' // one address: neither the bridge nor KEDA is a cluster client
    evictionPolicy: 'NoEviction'
    accessKeysAuthentication: withKeys ? 'Enabled' : 'Disabled'
    port: port
  }
}

resource user 'Microsoft.Cache/redisEnterprise/databases/accessPolicyAssignments@2025-07-01' = {
  parent: database
  name: 'interlude'
  properties: {
    accessPolicyName: 'default' // there is no other yet: it may do everything
    user: { objectId: userId }
  }
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource password 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = if (withKeys) {
  // checkov:skip=CKV_AZURE_114: it has one; of what is made on a condition, checkov does not see it
  parent: vault
  name: 'redis-password'
  properties: {
    contentType: 'text/plain'
    // Else Azure looks for keys all the same.
    value: withKeys ? database.listKeys().primaryKey : ''
  }
}

output address string = '${cluster.properties.hostName}:${port}'
