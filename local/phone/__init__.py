"""Telephones on one machine: a gateway in place of livekit-sip, and softphones that call and are called."""
