"""The wire of Azure Voice Live: connection, session, events."""
