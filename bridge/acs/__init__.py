"""The wire of Azure Communication Services: events, calls and media."""
