// The resource that has the telephone number. A number is bought by hand: docs/azure.md.
param environmentName string
param dataLocation string
param tags object
param callerId string

// No narrower built-in role is documented to cover Call Automation by an identity.
var contributor = 'b24988ac-6180-42a0-ab88-20f7382dd24c'

resource communication 'Microsoft.Communication/communicationServices@2023-04-01' = {
  name: 'acs-${environmentName}-${uniqueString(resourceGroup().id)}'
  location: 'global'
  tags: tags
  properties: { dataLocation: dataLocation }
}

resource calls 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(communication.id, callerId, contributor)
  scope: communication
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', contributor)
    principalId: callerId
    principalType: 'ServicePrincipal'
  }
}

output name string = communication.name
