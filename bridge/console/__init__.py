"""The operators' pages, rendered on the server: what lines do now, did, and shall do."""
