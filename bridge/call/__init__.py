"""One call while it lasts: who speaks, who listens, what runs, and how it ends."""
