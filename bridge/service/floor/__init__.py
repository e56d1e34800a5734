"""The floor: calls as they happen, what operators have them do, and what is kept of them."""
