"""Sound at rest: Opus in OGG, encrypted, one file per segment. Knows no room, no call loop and no store."""
