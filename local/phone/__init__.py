"""Telephones on one machine: a gateway in livekit-sip's place, and softphones that call and are called."""
