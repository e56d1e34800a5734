// The bridge. release.sh deploys it once there is an image, and again for each new one.
@description('Name of the container app.')
@maxLength(20)
param appName string = 'interlude'

@description('Azure region of the environment.')
param location string = resourceGroup().location

@description('Image with its tag or digest; pulled by the identity.')
param image string

@description('Registry that the image comes from.')
param registry string

@description('Name of this release, in the address of its replicas: new for each.')
@maxLength(20)
param release string

@description('The environment that main.bicep made.')
param environmentName string

@description('The identity that it made.')
param identityName string

@description('The vault that it made.')
param vaultName string

@description('The ACS resource, made by it or before.')
param communicationName string

@description('The Foundry resource, made by it or before.')
param voiceName string

@description('Host and port of the Redis that main.bicep made. Without one, there is one replica.')
param redisAddress string = ''

@description('Whether access keys open it. Without, KEDA cannot see calls, and replicas are scaled by CPU alone.')
param redisKeys bool = true

@minValue(1)
@description('Replicas that always run. A telephone rings for 30 s: there is no time to begin from none.')
param minReplicas int = 2

@minValue(1)
@maxValue(300)
@description('Replicas that may run; as many as calls in progress, divided by callsPerReplica.')
param maxReplicas int = 10

@minValue(1)
@description('Calls for each replica at which another is started. Below mostCalls, since that takes a minute.')
param callsPerReplica int = 40

@minValue(1)
@description('INTERLUDE_MOST_CALLS: calls that one replica serves, which has one core.')
param mostCalls int = 80

@minValue(0)
@description('INTERLUDE_SESSIONS_A_MINUTE: what Voice Live allows the resource; replicas share it through Redis.')
param sessionsAMinute int = 30

@minValue(30)
@maxValue(600)
@description('Seconds that a replica has to end its calls. Azure allows no more than 600.')
param graceSeconds int = 600

@description('Further settings of the README, e.g. [{ name: "INTERLUDE_WEBHOOK_URL", value: "https://…" }].')
param settings array = []

resource environment 'Microsoft.App/managedEnvironments@2025-07-01' existing = {
  name: environmentName
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource communication 'Microsoft.Communication/communicationServices@2023-04-01' existing = {
  name: communicationName
}

resource voice 'Microsoft.CognitiveServices/accounts@2025-06-01' existing = {
  name: voiceName
}

// Each release has an address of its own, under which its calls' callbacks and sockets find it even
// after the next release has the traffic.
var host = '${appName}--${release}.${environment.properties.defaultDomain}'

var ownSecrets = ['interlude-secret', 'interlude-api-key', 'interlude-read-key', 'eventgrid-key']
var withRedis = !empty(redisAddress)
var seesCalls = withRedis && redisKeys
var redisSecrets = seesCalls ? ['redis-password'] : []

var ownSettings = [
  { name: 'INTERLUDE_PUBLIC_URL', value: 'https://${host}' }
  { name: 'INTERLUDE_SECRET', secretRef: 'interlude-secret' }
  { name: 'INTERLUDE_API_KEY', secretRef: 'interlude-api-key' }
  { name: 'INTERLUDE_READ_KEY', secretRef: 'interlude-read-key' }
  { name: 'INTERLUDE_MOST_CALLS', value: string(mostCalls) }
  { name: 'INTERLUDE_SESSIONS_A_MINUTE', value: string(sessionsAMinute) }
  { name: 'INTERLUDE_DRAIN_S', value: string(graceSeconds - 60) } // then a notice, and the flow's fallback
  { name: 'INTERLUDE_STATE', value: '/var/lib/interlude/state' }
  { name: 'EVENTGRID_KEY', secretRef: 'eventgrid-key' }
  { name: 'ACS_ENDPOINT', value: 'https://${communication.properties.hostName}' }
  { name: 'ACS_RESOURCE_ID', value: communication.properties.immutableResourceId }
  { name: 'VOICELIVE_ENDPOINT', value: 'https://${voice.properties.customSubDomainName}.services.ai.azure.com' }
  { name: 'AZURE_CLIENT_ID', value: identity.properties.clientId }
]

// No password: the identity opens it.
var redisSettings = withRedis ? [{ name: 'REDIS_URL', value: 'rediss://${redisAddress}/0' }] : []

var cpuRule = { name: 'cpu', custom: { type: 'cpu', metadata: { type: 'Utilization', value: '60' } } }

// The bridge keeps a hash of the calls in progress under the host of its public URL, so each release has
// its own. KEDA's Redis scaler takes the size of a list, set, sorted set or hash.
var callsRule = {
  name: 'calls'
  custom: {
    type: 'redis'
    metadata: {
      address: redisAddress
      listName: '{interlude:${host}}:calls'
      listLength: string(callsPerReplica)
      enableTLS: 'true'
    }
    auth: [{ secretRef: 'redis-password', triggerParameter: 'password' }]
  }
}

resource app 'Microsoft.App/containerApps@2025-07-01' = {
  name: appName
  location: location
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identity.id}': {} } }
  properties: {
    environmentId: environment.id
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Multiple' // the release before lives on until its calls have ended
      maxInactiveRevisions: 5
      registries: [{ server: registry, identity: identity.id }]
      ingress: {
        external: true
        targetPort: 8080
        transport: 'http' // WebSockets pass
        allowInsecure: false
        traffic: [{ latestRevision: true, weight: 100 }]
      }
      secrets: [for name in concat(ownSecrets, redisSecrets): {
        name: name
        keyVaultUrl: '${vault.properties.vaultUri}secrets/${name}'
        identity: identity.id
      }]
    }
    template: {
      revisionSuffix: release
      terminationGracePeriodSeconds: graceSeconds
      containers: [
        {
          name: 'interlude'
          image: image
          resources: { cpu: json('1.0'), memory: '2Gi' } // one process uses one core
          env: concat(ownSettings, redisSettings, settings)
          probes: [
            { type: 'Startup', httpGet: { path: '/health/live', port: 8080 }, periodSeconds: 2, failureThreshold: 30 }
            { type: 'Liveness', httpGet: { path: '/health/live', port: 8080 }, periodSeconds: 10, timeoutSeconds: 3, failureThreshold: 6 }
            { type: 'Readiness', httpGet: { path: '/health/ready', port: 8080 }, periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2 }
          ]
          volumeMounts: [
            { volumeName: 'prompts', mountPath: '/var/cache/interlude' }
            { volumeName: 'state', mountPath: '/var/lib/interlude' }
          ]
        }
      ]
      volumes: [
        { name: 'prompts', storageType: 'EmptyDir' }
        { name: 'state', storageType: 'EmptyDir' } // as long as the replica
      ]
      scale: {
        minReplicas: withRedis ? minReplicas : 1
        maxReplicas: withRedis ? maxReplicas : 1
        cooldownPeriod: 600
        pollingInterval: 15
        rules: concat(seesCalls ? [callsRule] : [], withRedis ? [cpuRule] : [])
      }
    }
  }
}

output url string = 'https://${app.properties.configuration.ingress.fqdn}'
output releaseUrl string = 'https://${host}'
