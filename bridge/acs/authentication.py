"""By what Azure's services prove who they are when they ring, and where their keys are."""

ISSUER = "https://acscallautomation.communication.azure.com"
OPENID_CONFIGURATION = f"{ISSUER}/calling/.well-known/acsopenidconfiguration"
"""ACS signs a token for each callback (5 minutes) and each media socket (24 hours), for the
immutable resource id as its audience (Microsoft's page on securing the webhook endpoint)."""

EVENT_GRID_APP = "4962773b-9cdb-44cf-a8bf-237846a00ab7"
"""Event Grid's application in every tenant of the public cloud."""
EVENT_GRID_ROLE = "AzureEventGridSecureWebhookSubscriber"
"""The role that it must have been given on the audience's application (Microsoft's page on secure
webhook delivery)."""
