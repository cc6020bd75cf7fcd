package main

import (
	"context"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/zaf/g711"
)

const (
	frame    = 20 * time.Millisecond
	perFrame = 160 // samples, at 8 kHz
)

// line is a phone's sound: one RTP socket, G.711 both ways, and keys (RFC 4733).
type line struct {
	conn *net.UDPConn
	keys keyboard
	room atomic.Pointer[room] // what it is joined to
	loss int                  // percent of packets

	mu      sync.Mutex
	peer    *peer
	version uint64 // of our SDP

	stopped        chan struct{}
	once           sync.Once
	received, sent atomic.Int64 // packets of sound
}

func newLine(host string, loss int) (*line, error) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(host)})
	if err != nil {
		return nil, err
	}
	return &line{conn: conn, loss: loss, keys: newKeyboard(), stopped: make(chan struct{})}, nil
}

func (l *line) close() {
	l.once.Do(func() {
		close(l.stopped)
		_ = l.conn.Close()
	})
}

// offer is our SDP in an INVITE of ours.
func (l *line) offer() []byte { return l.describe("sendrecv", keysOffered, pcmu, pcma) }

// answer is our SDP for what the phone offered.
func (l *line) answer() []byte {
	p := l.now()
	return l.describe(p.ours, p.keys, p.codec)
}

func (l *line) describe(direction string, keys uint8, codecs ...uint8) []byte {
	l.mu.Lock()
	l.version++
	version := l.version
	l.mu.Unlock()
	return describe(l.conn.LocalAddr().(*net.UDPAddr), version, direction, keys, codecs...)
}

// accept takes the phone's SDP.
func (l *line) accept(body []byte) error {
	p, err := readPeer(body)
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.peer = p
	l.mu.Unlock()
	return nil
}

func (l *line) now() *peer {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.peer
}

// held tells whether the phone holds the call.
func (l *line) held() bool { return !l.now().hears }

// open begins to send and to read: silence and keys until the line is joined to a room.
func (l *line) open() {
	go l.read()
	go l.write()
}

func (l *line) join(r *room) { l.room.Store(r) }

// lost decides whether a packet is lost on the way.
func (l *line) lost() bool { return rand.IntN(100) < l.loss }

// press queues keys for the phone, and does not wait.
func (l *line) press(keys string) { l.keys.press(keys) }

// dial sends keys to the phone, "w" a pause of half a second, and waits until they are sent.
func (l *line) dial(ctx context.Context, keys string) error {
	select {
	case <-l.keys.press(keys):
		return nil
	case <-l.stopped:
		return net.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *line) read() {
	buffer := make([]byte, 1500)
	var p rtp.Packet
	var pressed pressing
	for {
		n, _, err := l.conn.ReadFromUDP(buffer)
		if err != nil {
			return
		}
		to, from := l.room.Load(), l.now()
		if p.Unmarshal(buffer[:n]) != nil || to == nil || l.lost() {
			continue
		}
		switch kind := p.PayloadType; {
		case kind == from.keys && kind != 0:
			to.stream.skip()
			if key, is := pressed.hear(&p); is {
				to.pressed(key)
			}
		case kind == pcmu, kind == pcma:
			l.received.Add(1)
			if kind == pcma {
				p.Payload = g711.Alaw2Ulaw(p.Payload)
			}
			to.speak(p.Payload, &p.Header)
		}
	}
}

func (l *line) write() {
	ticker := time.NewTicker(frame)
	defer ticker.Stop()
	header := rtp.Header{
		Version: 2, SSRC: rand.Uint32(), SequenceNumber: uint16(rand.Uint32()), Timestamp: rand.Uint32(),
	}
	send := func(to *peer, payload []byte, kind uint8, timestamp uint32, marker bool) {
		p := rtp.Packet{Header: header, Payload: payload}
		p.PayloadType, p.Timestamp, p.Marker = kind, timestamp, marker
		if raw, err := p.Marshal(); err == nil && !l.lost() {
			_, _ = l.conn.WriteToUDP(raw, to.address)
		}
		header.SequenceNumber++
	}
	pcm, coded := make([]int16, perFrame), make([]byte, perFrame)
	for {
		select {
		case <-l.stopped:
			return
		case <-ticker.C:
		}
		to := l.now()
		clear(pcm)
		if r := l.room.Load(); r != nil {
			r.mix(pcm) // while it is held too: what is said meanwhile is not played afterwards
		}
		switch payloads, began := l.keys.next(header.Timestamp, to.keys != 0); {
		case payloads != nil:
			for _, payload := range payloads {
				send(to, payload, to.keys, began, began == header.Timestamp)
			}
		case to.hears:
			encode(to.codec, pcm, coded)
			send(to, coded, to.codec, header.Timestamp, false)
			l.sent.Add(1)
		}
		header.Timestamp += perFrame
	}
}

func encode(codec uint8, pcm []int16, coded []byte) {
	one := g711.EncodeUlawFrame
	if codec == pcma {
		one = g711.EncodeAlawFrame
	}
	for i, sample := range pcm {
		coded[i] = one(sample)
	}
}
