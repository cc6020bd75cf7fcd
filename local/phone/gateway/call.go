package main

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/livekit/protocol/livekit"
	lksip "github.com/livekit/protocol/sip"
)

// Values of the attribute sip.callStatus.
const (
	dialing    = "dialing"
	ringing    = "ringing"
	automation = "automation" // keys are dialled on answer
	active     = "active"
	hungUp     = "hangup"
	noStatus   = "" // a call that was never answered just leaves
)

const (
	defaultRinging = 3 * time.Minute
	longestCall    = 24 * time.Hour
)

// call is one phone in one room: its dialog, its sound, its participant. Its fields do not change once it is kept.
type call struct {
	gateway *gateway
	id      string // LiveKit's
	dialog  *dialog
	line    *line
	room    *room
	refers  chan *refusal // how a transfer went, as the phone tells; nil is well

	ctx    context.Context // ends with the call
	cancel context.CancelFunc
	once   sync.Once
}

func (g *gateway) newCall(id, callID string) (*call, error) {
	l, err := newLine(g.agent.host, g.loss)
	if err != nil {
		return nil, fmt.Errorf("no socket for the sound: %w", err)
	}
	if callID == "" {
		callID = uuid.NewString()
	}
	c := &call{gateway: g, id: id, dialog: &dialog{agent: g.agent, callID: callID}, line: l, refers: make(chan *refusal, 1)}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c, nil
}

// join brings the phone's participant into the room, with its track, and keeps the call.
func (c *call) join(ctx context.Context, url, token, roomName, status string, p lksip.SIPTokenParams) error {
	access := c.gateway.livekit
	if url == "" {
		url = access.url
	}
	if token == "" {
		var err error
		p.APIKey, p.APISecret, p.RoomName = access.key, access.secret, roomName
		if token, err = lksip.BuildSIPToken(p); err != nil {
			return err
		}
	}
	attributes := maps.Clone(p.ParticipantAttributes)
	if attributes == nil {
		attributes = map[string]string{}
	}
	attributes[livekit.AttrSIPCallStatus] = status
	var err error
	if c.room, err = enter(ctx, url, token, attributes, c.line.press); err != nil {
		return err
	}
	c.gateway.keep(c)
	return c.gateway.service.RegisterTransferSIPParticipantTopic(c.id)
}

// talk joins the phone's sound and the room's until the call ends.
func (c *call) talk(limit time.Duration) {
	if limit <= 0 {
		limit = longestCall
	}
	c.line.join(c.room)
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-c.ctx.Done():
	case <-c.room.left:
		c.end(noStatus, livekit.DisconnectReason_UNKNOWN_REASON)
	case <-timer.C:
		c.end(hungUp, livekit.DisconnectReason_CLIENT_INITIATED)
	}
}

// end hangs up, takes the participant out, and frees all that the call held; what comes second changes nothing.
func (c *call) end(status string, reason livekit.DisconnectReason) {
	c.once.Do(func() {
		slog.Info("call ended", "call", c.id, "status", status, "reason", reason.String(),
			"received", c.line.received.Load(), "sent", c.line.sent.Load())
		c.cancel()
		go c.dialog.bye() // a phone that is gone must not keep the participant
		c.line.close()
		if c.room != nil {
			if status != noStatus {
				c.room.set(map[string]string{livekit.AttrSIPCallStatus: status})
			}
			c.room.leave(reason)
		}
		c.gateway.service.DeregisterTransferSIPParticipantTopic(c.id)
		c.gateway.forget(c)
	})
}

// untilOver returns a context that ends with the given one, the call, its room's end, or the limit.
func (c *call) untilOver(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit <= 0 {
		limit = defaultRinging
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	go func() {
		select {
		case <-ctx.Done():
		case <-c.ctx.Done():
		case <-c.room.left:
		}
		cancel()
	}()
	return ctx, cancel
}
