package main

import (
	"maps"
	"slices"
	"sync"

	"github.com/livekit/protocol/livekit"
	"github.com/livekit/protocol/rpc"
)

type livekitAccess struct{ url, key, secret string }

// gateway is the SIPInternal service, and every call that it carries.
type gateway struct {
	livekit livekitAccess
	agent   *userAgent
	rules   rpc.IOInfoClient // livekit-server's trunks and dispatch rules
	service rpc.SIPInternalServer
	loss    int // percent of packets

	mu    sync.Mutex
	calls map[string]*call // under LiveKit's call ID and SIP's
}

func (g *gateway) keep(c *call) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls[c.id], g.calls[c.dialog.callID] = c, c
}

func (g *gateway) forget(c *call) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.calls, c.id)
	delete(g.calls, c.dialog.callID)
}

// find returns the call of either ID; nil if there is none.
func (g *gateway) find(id string) *call {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.calls[id]
}

func (g *gateway) hangUpAll() {
	g.mu.Lock()
	all := slices.Collect(maps.Values(g.calls))
	g.mu.Unlock()
	var ended sync.WaitGroup
	for _, c := range all {
		ended.Go(func() {
			c.end(hungUp, livekit.DisconnectReason_SERVER_SHUTDOWN)
			c.dialog.bye()
		})
	}
	ended.Wait()
}
