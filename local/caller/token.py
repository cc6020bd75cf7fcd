"""The token that a web page's backend would give a caller: one room, a microphone, nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from livekit import api

from transfer.protocol import AnswerCall


def caller_token(
    api_key: str,
    api_secret: str,
    *,
    room: str,
    agent_name: str | None,
    identity: str = "caller",
    name: str = "",
    metadata: str | None = None,
    attributes: Mapping[str, str] | None = None,
    may_send_data: bool = False,
) -> str:
    """Return a token that dispatches `agent_name` (None: no agent) with `metadata` (None: AnswerCall).

    `may_send_data` also allows RPC to the caller: without it the SDK cannot acknowledge, and drops the RPC.
    """
    grants = api.VideoGrants(
        room_join=True,
        room=room,
        can_publish_sources=["microphone"],
        can_publish_data=may_send_data,
        can_subscribe=True,
    )
    token = api.AccessToken(api_key, api_secret).with_identity(identity).with_name(name).with_grants(grants)
    if attributes:
        token = token.with_attributes(dict(attributes))
    if agent_name is not None:
        told = AnswerCall().model_dump_json() if metadata is None else metadata
        dispatch = api.RoomAgentDispatch(agent_name=agent_name, metadata=told)
        token = token.with_room_config(api.RoomConfiguration(agents=[dispatch]))
    return token.to_jwt()
