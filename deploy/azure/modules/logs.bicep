// The log of all replicas, and the workbook that shows calls from it.
param environmentName string
param location string
param tags object
param days int

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: 'log-${environmentName}'
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: days
  }
}

resource calls 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'calls')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    category: 'workbook'
    displayName: 'Interlude: calls'
    serializedData: loadTextContent('../workbook.json')
    sourceId: workspace.id
    version: '1.0'
  }
}

output name string = workspace.name
