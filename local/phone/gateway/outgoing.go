package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"

	"github.com/livekit/protocol/livekit"
	"github.com/livekit/protocol/rpc"
	lksip "github.com/livekit/protocol/sip"
	"github.com/livekit/psrpc"
)

// CreateSIPParticipant calls a phone. Its participant and its track are in the room while it still rings.
func (g *gateway) CreateSIPParticipant(
	ctx context.Context, req *rpc.InternalCreateSIPParticipantRequest,
) (*rpc.InternalCreateSIPParticipantResponse, error) {
	if req.RoomName == "" {
		return nil, psrpc.NewErrorf(psrpc.InvalidArgument, "the request names no room")
	}
	c, err := g.newCall(req.SipCallId, "")
	if err != nil {
		return nil, psrpc.NewError(psrpc.Internal, err)
	}
	err = c.join(ctx, req.WsUrl, req.Token, req.RoomName, dialing, lksip.SIPTokenParams{
		ParticipantIdentity: req.ParticipantIdentity, ParticipantName: req.ParticipantName,
		ParticipantMetadata: req.ParticipantMetadata, ParticipantAttributes: req.ParticipantAttributes,
	})
	if err != nil {
		c.end(noStatus, livekit.DisconnectReason_JOIN_FAILURE)
		return nil, psrpc.NewError(psrpc.Internal, fmt.Errorf("the phone's participant could not join: %w", err))
	}
	response := &rpc.InternalCreateSIPParticipantResponse{
		ParticipantId: c.room.sid(), ParticipantIdentity: req.ParticipantIdentity, SipCallId: c.id,
	}
	if !req.WaitUntilAnswered {
		go func() { _ = c.dial(context.Background(), req) }()
		return response, nil
	}
	if err := c.dial(ctx, req); err != nil {
		return nil, err
	}
	return response, nil
}

// dial rings the phone. Once it is answered, the call goes on by itself; otherwise the error says what livekit-server
// shall answer, and the call has ended.
func (c *call) dial(ctx context.Context, req *rpc.InternalCreateSIPParticipantRequest) error {
	rung, cancel := c.untilOver(ctx, req.RingingTimeout.AsDuration())
	defer cancel()
	invite := &invitation{
		dialog: c.dialog, request: c.invite(req),
		account: sipgo.DigestAuth{Username: req.Username, Password: req.Password},
		rings:   func() { c.room.set(map[string]string{livekit.AttrSIPCallStatus: ringing}) },
	}
	slog.Info("dialing", "call", c.id)
	answer, err := invite.send(rung)
	if err != nil {
		return c.unanswered(err)
	}
	if err := c.line.accept(answer.Body()); err != nil {
		c.end(noStatus, livekit.DisconnectReason_MEDIA_FAILURE)
		return psrpc.NewError(psrpc.FailedPrecondition, err)
	}
	slog.Info("answered", "call", c.id)
	tag, _ := answer.To().Params.Get("tag")
	c.line.open()
	if req.Dtmf != "" {
		c.room.set(map[string]string{livekit.AttrSIPCallStatus: automation})
		if err := c.automate(ctx, req.Dtmf); err != nil {
			c.end(hungUp, livekit.DisconnectReason_USER_UNAVAILABLE)
			return psrpc.NewErrorf(psrpc.Canceled, "the call ended while keys were dialled")
		}
	}
	c.room.set(map[string]string{livekit.AttrSIPCallStatus: active, attrCallTag: tag, attrFullID: c.dialog.callID})
	c.room.listen()
	go c.talk(req.MaxCallDuration.AsDuration())
	return nil
}

// automate dials keys, however long it rang before.
func (c *call) automate(ctx context.Context, keys string) error {
	ctx, cancel := c.untilOver(ctx, automationLimit)
	defer cancel()
	return c.line.dial(ctx, keys)
}

const automationLimit = time.Minute

const (
	attrCallTag = livekit.AttrSIPPrefix + "callTag"
	attrFullID  = livekit.AttrSIPPrefix + "callIDFull"
)

func (c *call) invite(req *rpc.InternalCreateSIPParticipantRequest) *sip.Request {
	host, name := req.Hostname, req.Number
	if host == "" {
		host = c.gateway.agent.host
	}
	if req.DisplayName != nil {
		name = *req.DisplayName
	}
	to := uri(req.CallTo, req.Address)
	from := &sip.FromHeader{DisplayName: name, Address: uri(req.Number, host), Params: sip.NewParams()}
	from.Params.Add("tag", c.id)
	id := sip.CallIDHeader(c.dialog.callID)
	invite := sip.NewRequest(sip.INVITE, to)
	for _, header := range []sip.Header{
		from, &sip.ToHeader{Address: to}, &id, sip.HeaderClone(&c.gateway.agent.contact),
		sip.NewHeader("Allow", "INVITE, ACK, CANCEL, BYE, NOTIFY, INFO, OPTIONS"),
		sip.NewHeader("Content-Type", "application/sdp"),
	} {
		invite.AppendHeader(header)
	}
	for name, value := range req.Headers {
		invite.AppendHeader(sip.NewHeader(name, value))
	}
	invite.SetBody(c.line.offer())
	return invite
}

// unanswered ends a call that nobody took, and tells livekit-server why, as livekit-sip tells it.
func (c *call) unanswered(err error) error {
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		slog.Info("refused", "call", c.id, "code", refused.code)
		c.end(noStatus, leavingFor(refused.code))
		return refused.told(psrpc.Unknown)
	case errors.Is(err, errUnanswered):
		c.end(noStatus, livekit.DisconnectReason_USER_UNAVAILABLE)
		return psrpc.NewError(psrpc.Canceled, err)
	}
	slog.Info("no call", "call", c.id, "error", err)
	c.end(noStatus, livekit.DisconnectReason_SIP_TRUNK_FAILURE)
	return psrpc.NewError(psrpc.FailedPrecondition, err)
}

// leavingFor is the reason for which the participant of a refused call leaves its room.
func leavingFor(code int) livekit.DisconnectReason {
	switch {
	case code == 404, code == 408, code == 480:
		return livekit.DisconnectReason_USER_UNAVAILABLE
	case code >= 500 && code < 600:
		return livekit.DisconnectReason_UNKNOWN_REASON
	}
	return livekit.DisconnectReason_USER_REJECTED
}

// told is the refusal as livekit-server reads it: the SIP status is a detail of the error.
func (r *refusal) told(otherwise psrpc.ErrorCode) error {
	status := &livekit.SIPStatus{Code: livekit.SIPStatusCode(r.code), Status: r.reason}
	code := psrpc.ErrorCodeFromGRPC(status.GRPCStatus().Code())
	if code == "" {
		code = otherwise
	}
	return psrpc.NewError(code, r, status)
}
