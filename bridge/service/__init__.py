"""The process: settings, routes, live calls, health and logs."""
