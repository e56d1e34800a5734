// The Foundry resource that offers Voice Live; its models need no deployment. No key opens it.
param location string
param tags object
param callerId string

var cognitiveServicesUser = 'a97b65f3-24c7-4388-baec-2e87135dc908'

var name = 'voice-${uniqueString(resourceGroup().id)}'

resource voice 'Microsoft.CognitiveServices/accounts@2025-06-01' = {
  name: name
  location: location
  tags: tags
  kind: 'AIServices'
  sku: { name: 'S0' }
  identity: { type: 'SystemAssigned' }
  properties: {
    customSubDomainName: name // tokens of Entra are taken at such a name only
    disableLocalAuth: true
    publicNetworkAccess: 'Enabled'
  }
}

// Agents need Foundry User on their project beside it, which is not made here.
resource speaks 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(voice.id, callerId, cognitiveServicesUser)
  scope: voice
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', cognitiveServicesUser)
    principalId: callerId
    principalType: 'ServicePrincipal'
  }
}

output name string = voice.name
