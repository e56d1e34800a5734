// Images: whoever deploys builds them here, the bridge pulls them by its identity.
param location string
param tags object
param readerId string
param writerId string
param writerType string

var acrPull = '7f951dda-4ed3-4680-a7ca-43fe172d538d'
var contributor = 'b24988ac-6180-42a0-ab88-20f7382dd24c'

resource registry 'Microsoft.ContainerRegistry/registries@2025-04-01' = {
  name: 'cr${uniqueString(resourceGroup().id)}'
  location: location
  tags: tags
  sku: { name: 'Basic' }
  properties: { adminUserEnabled: false, anonymousPullEnabled: false }
}

resource pulls 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, readerId, acrPull)
  scope: registry
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', acrPull)
    principalId: readerId
    principalType: 'ServicePrincipal'
  }
}

// az acr build needs more than AcrPush: it queues a run.
resource builds 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(writerId)) {
  name: guid(registry.id, writerId, contributor)
  scope: registry
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', contributor)
    principalId: writerId
    principalType: writerType
  }
}

output endpoint string = registry.properties.loginServer
