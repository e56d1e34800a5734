using './main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION')
param voiceLocation = readEnvironmentVariable('VOICE_LOCATION', readEnvironmentVariable('AZURE_LOCATION'))
param dataLocation = readEnvironmentVariable('ACS_DATA_LOCATION', 'Europe')
param principalId = readEnvironmentVariable('AZURE_PRINCIPAL_ID', '')
param redisKeys = bool(readEnvironmentVariable('REDIS_KEYS', 'true'))
