// Brings the calls: Event Grid announces them to the bridge, which has to run already, since making
// the subscription shakes hands with it.
@description('Name of the ACS resource.')
param communicationName string

@description('The bridge, https://…, whichever release has the traffic.')
param url string

@secure()
@description('EVENTGRID_KEY.')
param key string

@description('Numbers that are announced, in E.164 form; all of the resource, if empty.')
param numbers array = []

resource communication 'Microsoft.Communication/communicationServices@2023-04-01' existing = {
  name: communicationName
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: 'calls-${communicationName}'
  location: 'global'
  properties: {
    source: communication.id
    topicType: 'Microsoft.Communication.CommunicationServices'
  }
}

resource calls 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'interlude'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    destination: {
      endpointType: 'WebHook'
      properties: {
        endpointUrl: '${url}/acs/events?key=${uriComponent(key)}'
        maxEventsPerBatch: 1
      }
    }
    filter: {
      includedEventTypes: ['Microsoft.Communication.IncomingCall']
      advancedFilters: empty(numbers) ? [] : [
        { operatorType: 'StringIn', key: 'data.to.phoneNumber.value', values: numbers }
      ]
    }
    // A telephone rings for 30 s; the second attempt comes after 10. Later ones would be of no use.
    retryPolicy: { maxDeliveryAttempts: 2, eventTimeToLiveInMinutes: 1 }
  }
}
