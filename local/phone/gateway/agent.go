package main

import (
	"net"
	"strconv"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// userAgent is the gateway as phones see it: one UDP socket for SIP.
type userAgent struct {
	ua      *sipgo.UserAgent
	client  *sipgo.Client
	conn    net.PacketConn
	contact sip.ContactHeader
	address string // host:port
	host    string
}

func newUserAgent(listen string) (*userAgent, error) {
	conn, err := net.ListenPacket("udp4", listen)
	if err != nil {
		return nil, err
	}
	local := conn.LocalAddr().(*net.UDPAddr)
	a := &userAgent{conn: conn, address: local.String(), host: local.IP.String()}
	a.contact = sip.ContactHeader{Address: sip.Uri{Scheme: "sip", User: "gateway", Host: a.host, Port: local.Port}}
	if a.ua, err = sipgo.NewUA(sipgo.WithUserAgent("baton-test-gateway"), sipgo.WithUserAgentHostname(a.host)); err != nil {
		return nil, err
	}
	a.client, err = sipgo.NewClient(a.ua, sipgo.WithClientAddr(a.address), sipgo.WithClientConnectionAddr(a.address))
	return a, err
}

// serve answers what phones ask, in the background.
func (a *userAgent) serve(g *gateway) error {
	server, err := sipgo.NewServer(a.ua)
	if err != nil {
		return err
	}
	server.OnInvite(g.onInvite)
	server.OnAck(g.onAck)
	server.OnBye(g.onBye)
	server.OnNotify(g.onNotify)
	server.OnInfo(g.onInfo)
	server.OnOptions(func(req *sip.Request, tx sip.ServerTransaction) { reply(req, tx, 200, "OK") })
	go func() { _ = server.ServeUDP(a.conn) }()
	return nil
}

func (a *userAgent) close() { _ = a.ua.Close() }

func reply(req *sip.Request, tx sip.ServerTransaction, code int, reason string) {
	_ = tx.Respond(sip.NewResponseFromRequest(req, code, reason, nil))
}

// uri is a user at a host, or at host:port.
func uri(user, address string) sip.Uri {
	u := sip.Uri{Scheme: "sip", User: user, Host: address}
	if host, port, err := net.SplitHostPort(address); err == nil {
		u.Host = host
		u.Port, _ = strconv.Atoi(port)
	}
	return u
}
