"""What the replicas of one service share through Redis; without it, a process is alone."""
