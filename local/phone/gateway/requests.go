package main

import (
	"log/slog"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"

	"github.com/livekit/protocol/livekit"
)

// within finds the call that is up and that a phone's request belongs to; nil after it has refused the request.
func (g *gateway) within(req *sip.Request, tx sip.ServerTransaction) *call {
	if c := g.find(req.CallID().Value()); c != nil && c.dialog.live() {
		return c
	}
	reply(req, tx, 481, "There is no such call")
	return nil
}

func (g *gateway) onAck(req *sip.Request, _ sip.ServerTransaction) {
	if c := g.find(req.CallID().Value()); c != nil {
		c.dialog.acknowledged()
	}
}

func (g *gateway) onBye(req *sip.Request, tx sip.ServerTransaction) {
	if c := g.within(req, tx); c != nil {
		c.dialog.end() // the phone has hung up: it gets no BYE from us
		reply(req, tx, 200, "OK")
		c.end(hungUp, livekit.DisconnectReason_CLIENT_INITIATED)
	}
}

// onChange answers a re-INVITE: the phone holds the call, takes it back, or moves its sound. The call goes on.
func (g *gateway) onChange(req *sip.Request, tx sip.ServerTransaction) {
	c := g.within(req, tx)
	if c == nil {
		return
	}
	if len(req.Body()) > 0 {
		if err := c.line.accept(req.Body()); err != nil {
			reply(req, tx, 488, "No codec in common")
			return
		}
	}
	c.dialog.moved(req)
	slog.Info("changed", "call", c.id, "held", c.line.held())
	// The phone that does not acknowledge a change still has its call.
	_ = c.dialog.answer(c.ctx, tx, withSound(req, c.dialog.agent, c.line.answer()))
}

// onNotify reads how a transfer went: a status line as the body (RFC 3515).
func (g *gateway) onNotify(req *sip.Request, tx sip.ServerTransaction) {
	c := g.within(req, tx)
	if c == nil {
		return
	}
	line, _, _ := strings.Cut(string(req.Body()), "\r\n")
	version, rest, _ := strings.Cut(line, " ")
	number, reason, _ := strings.Cut(rest, " ")
	code, err := strconv.Atoi(number)
	if err != nil || !strings.EqualFold(version, "SIP/2.0") {
		reply(req, tx, 400, "No status line")
		return
	}
	reply(req, tx, 200, "OK")
	var went *refusal
	switch {
	case code < 200:
		return
	case code >= 300:
		went = &refusal{code, strings.TrimSpace(reason)}
	}
	select {
	case c.refers <- went:
	default: // nobody waits any more
	}
}

// onInfo takes a key that is told by signalling (application/dtmf-relay).
func (g *gateway) onInfo(req *sip.Request, tx sip.ServerTransaction) {
	c := g.within(req, tx)
	if c == nil {
		return
	}
	reply(req, tx, 200, "OK")
	for _, line := range strings.Split(string(req.Body()), "\n") {
		name, value, _ := strings.Cut(line, "=")
		if strings.EqualFold(strings.TrimSpace(name), "Signal") {
			c.room.pressed(strings.TrimSpace(value))
		}
	}
}
