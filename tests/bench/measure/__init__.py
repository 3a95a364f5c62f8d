"""What the bench's cases are made of: a place with traffic, programs that watch it, and figures with their spread."""
