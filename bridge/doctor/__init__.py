"""`interlude doctor`: what is configured, whether it would work, and the sentence that mends it."""
