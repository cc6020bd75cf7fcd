package main

import (
	"encoding/binary"
	"strings"
	"time"

	"github.com/pion/rtp"
)

const (
	keyNames      = "0123456789*#ABCD" // by their codes (RFC 4733, table 3)
	keyFrames     = 8                  // 160 ms
	pauseFrames   = int(500 * time.Millisecond / frame)
	betweenFrames = 3
	keyVolume     = 10 // dBm0 below zero
	keysQueued    = 64
)

// keyboard sends keys to the phone, one after the other. press is for any goroutine, next for the writing one.
type keyboard struct {
	queue chan press
	code  uint8
	began uint32
	sent  int // frames of the key that is being sent; 0: none
	pause int // frames
	done  chan struct{}
}

type press struct {
	key  rune
	done chan struct{} // nil but for the last of several
}

func newKeyboard() keyboard { return keyboard{queue: make(chan press, keysQueued)} }

// press queues keys; the channel closes when they are sent. What a phone cannot take in time is dropped.
func (k *keyboard) press(keys string) <-chan struct{} {
	done := make(chan struct{})
	for i, key := range keys {
		p := press{key: key}
		if i == len(keys)-1 {
			p.done = done
		}
		select {
		case k.queue <- p:
		default:
		}
	}
	return done
}

// next returns what this frame tells of a key, and when the key began; nothing while no key is sent.
func (k *keyboard) next(now uint32, taken bool) (payloads [][]byte, began uint32) {
	if k.sent == 0 && !k.take(now) {
		return nil, 0
	}
	k.sent++
	payload := []byte{k.code, keyVolume, 0, 0}
	binary.BigEndian.PutUint16(payload[2:], uint16(k.sent*perFrame))
	payloads = [][]byte{payload}
	if k.sent == keyFrames {
		payload[1] |= 0x80
		payloads = [][]byte{payload, payload, payload} // the end is told three times: one may be lost
		k.sent, k.pause = 0, betweenFrames
		k.finish()
	}
	if !taken { // the phone takes no keys: they pass in silence
		return nil, 0
	}
	return payloads, k.began
}

// take begins the next key, if one waits and no pause is left.
func (k *keyboard) take(now uint32) bool {
	if k.pause > 0 {
		if k.pause--; k.pause == 0 {
			k.finish()
		}
		return false
	}
	select {
	case p := <-k.queue:
		k.done = p.done
		code := strings.IndexRune(keyNames, p.key)
		if code < 0 { // "w", and anything else that is no key
			k.pause = pauseFrames
			return false
		}
		k.code, k.began = uint8(code), now
		return true
	default:
		return false
	}
}

func (k *keyboard) finish() {
	if k.done != nil {
		close(k.done)
		k.done = nil
	}
}

// pressing hears the phone's keys. A key counts at the first packet that tells of it, whichever of them are lost.
type pressing struct {
	begun bool
	last  uint32 // when the last key began
}

func (p *pressing) hear(packet *rtp.Packet) (string, bool) {
	if len(packet.Payload) < 4 || int(packet.Payload[0]) >= len(keyNames) {
		return "", false
	}
	if p.begun && int32(packet.Timestamp-p.last) <= 0 { // the same key, or one that was overtaken
		return "", false
	}
	p.begun, p.last = true, packet.Timestamp
	return string(keyNames[packet.Payload[0]]), true
}
