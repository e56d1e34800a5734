"""The lines that this service answers: one module each; a leading underscore marks a helper."""
