"""Sound at rest: Opus in OGG, encrypted, one file a segment. It knows no room, no call loop and no store."""
