package main

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/google/uuid"

	"github.com/livekit/protocol/livekit"
	"github.com/livekit/protocol/rpc"
	lksip "github.com/livekit/protocol/sip"
)

const (
	rulesLimit = 5 * time.Second
	ackLimit   = 32 * time.Second // RFC 3261, 13.3.1.4
)

// onInvite takes a phone's call, or a change to one that is up. It returns once the INVITE has its last response:
// sipgo ends the transaction then.
func (g *gateway) onInvite(req *sip.Request, tx sip.ServerTransaction) {
	if _, within := req.To().Params.Get("tag"); within {
		g.onChange(req, tx)
		return
	}
	if req.Contact() == nil {
		reply(req, tx, 400, "Contact is missing")
		return
	}
	c, err := g.newCall(lksip.NewCallID(), req.CallID().Value())
	if err != nil {
		reply(req, tx, 500, "No socket for the sound")
		return
	}
	invite := req.Clone()
	invite.To().Params.Add("tag", uuid.NewString()) // the same in each of our responses
	tx.OnCancel(func(*sip.Request) { c.cancel() })
	reply(invite, tx, 180, "Ringing")
	in := &incoming{call: c, invite: invite, tx: tx}
	if rule := in.welcome(); rule != nil {
		in.ring(rule)
	}
}

// incoming is a phone's call until it is answered.
type incoming struct {
	*call
	invite *sip.Request
	tx     sip.ServerTransaction
}

func (in *incoming) refuse(code int, reason string) {
	slog.Info("refused", "call", in.id, "code", code)
	reply(in.invite, in.tx, code, reason)
	in.end(noStatus, livekit.DisconnectReason_UNKNOWN_REASON)
}

// welcome asks livekit-server which room the call belongs to, and brings its participant there. Nil: it is refused.
func (in *incoming) welcome() *rpc.EvaluateSIPDispatchRulesResponse {
	rule, err := in.evaluate()
	if err != nil {
		slog.Warn("no rules", "call", in.id, "error", err)
		in.refuse(503, "The rules cannot be read")
		return nil
	}
	slog.Info("ruled", "call", in.id, "result", rule.Result.String(), "trunk", rule.SipTrunkId)
	switch rule.Result {
	case rpc.SIPDispatchResult_ACCEPT:
	case rpc.SIPDispatchResult_DROP: // livekit-sip says nothing more either: a flood gets no answer
		in.end(noStatus, livekit.DisconnectReason_UNKNOWN_REASON)
		return nil
	default:
		in.refuse(404, "No trunk and no rule for this call")
		return nil
	}
	if err := in.line.accept(in.invite.Body()); err != nil {
		in.refuse(488, "No codec in common")
		return nil
	}
	attributes := map[string]string{attrFullID: in.dialog.callID}
	maps.Copy(attributes, rule.ParticipantAttributes)
	for header, name := range rule.HeadersToAttributes {
		if found := in.invite.GetHeader(header); found != nil {
			attributes[name] = found.Value()
		}
	}
	err = in.join(in.ctx, rule.WsUrl, rule.Token, rule.RoomName, ringing, lksip.SIPTokenParams{
		ParticipantIdentity: rule.ParticipantIdentity, ParticipantName: rule.ParticipantName,
		ParticipantMetadata: rule.ParticipantMetadata, ParticipantAttributes: attributes,
		RoomPreset: rule.RoomPreset, RoomConfig: rule.RoomConfig,
	})
	if err != nil {
		slog.Warn("no room", "call", in.id, "error", err)
		in.refuse(486, "The room cannot be joined")
		return nil
	}
	return rule
}

// ring lets the phone ring until somebody in the room can be heard, then answers.
func (in *incoming) ring(rule *rpc.EvaluateSIPDispatchRulesResponse) {
	ctx, cancel := in.untilOver(in.ctx, rule.RingingTimeout.AsDuration())
	defer cancel()
	in.room.listen()
	select {
	case <-in.room.heard:
	case <-ctx.Done():
		if in.ctx.Err() != nil { // the phone hung up: sipgo has answered its CANCEL
			in.end(hungUp, livekit.DisconnectReason_CLIENT_INITIATED)
		} else {
			in.refuse(486, "Nobody in the room can be heard")
		}
		return
	}
	answer := withSound(in.invite, in.dialog.agent, in.line.answer())
	in.dialog.answering(in.invite, answer)
	if err := in.dialog.answer(in.ctx, in.tx, answer); err != nil {
		slog.Info("not acknowledged", "call", in.id, "error", err)
		in.end(hungUp, livekit.DisconnectReason_UNKNOWN_REASON)
		return
	}
	slog.Info("answered", "call", in.id)
	in.line.open()
	in.room.set(map[string]string{livekit.AttrSIPCallStatus: active})
	go in.talk(rule.MaxCallDuration.AsDuration())
}

func (in *incoming) evaluate() (*rpc.EvaluateSIPDispatchRulesResponse, error) {
	host, _, err := net.SplitHostPort(in.invite.Source())
	if err != nil {
		return nil, err
	}
	from, to := in.invite.From().Address, in.invite.To().Address
	ctx, cancel := context.WithTimeout(in.ctx, rulesLimit)
	defer cancel()
	return in.gateway.rules.EvaluateSIPDispatchRules(ctx, &rpc.EvaluateSIPDispatchRulesRequest{
		SipCallId: in.id, CallingNumber: from.User, CallingHost: from.Host,
		CalledNumber: to.User, CalledHost: to.Host, SrcAddress: host,
		Call: &rpc.SIPCall{
			LkCallId: in.id, SipCallId: in.dialog.callID, SourceIp: host,
			Address: told(in.invite.Recipient), From: told(from), To: told(to),
		},
	})
}

func told(u sip.Uri) *livekit.SIPUri {
	return &livekit.SIPUri{User: u.User, Host: u.Host, Port: uint32(u.Port)}
}

// withSound is an answer to an INVITE, with our side of the sound.
func withSound(invite *sip.Request, agent *userAgent, sdp []byte) *sip.Response {
	r := sip.NewSDPResponseFromRequest(invite, sdp)
	r.AppendHeader(sip.HeaderClone(&agent.contact))
	return r
}

// answer sends a 200 until the phone acknowledges it.
func (d *dialog) answer(ctx context.Context, tx sip.ServerTransaction, r *sip.Response) error {
	acknowledged := d.expectAck()
	ctx, cancel := context.WithTimeout(ctx, ackLimit)
	defer cancel()
	for pause := sip.T1; ; pause = min(2*pause, sip.T2) {
		if err := tx.Respond(r); err != nil {
			return err
		}
		select {
		case <-acknowledged:
			return nil
		case <-time.After(pause):
		case <-ctx.Done():
			return errors.New("the phone did not acknowledge the answer")
		}
	}
}
