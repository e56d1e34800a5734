// Who the bridge is: one identity for the registry, the vault, ACS and Voice Live.
param environmentName string
param location string
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-${environmentName}'
  location: location
  tags: tags
}

output name string = identity.name
output principalId string = identity.properties.principalId
