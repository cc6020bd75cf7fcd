package main

import (
	"strings"
	"sync"

	"github.com/pion/opus"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/zaf/g711"
)

const (
	primed   = 3 * perFrame  // 60 ms are kept back against packets that come late
	mostKept = 20 * perFrame // what is more than 400 ms late is dropped
	mostLost = 6 * perFrame  // a gap of more than 120 ms is silence
	longest  = 960           // samples of one packet: 120 ms
)

// voice is one track that is heard: decoded to 8 kHz, in order, with what is lost concealed.
type voice struct {
	decode func(payload []byte) ([]int16, error)
	scale  uint32 // ticks of its clock in a sample of ours

	begun    bool
	sequence uint16 // expected next
	time     uint32
	last     []int16

	mu      sync.Mutex
	waiting []int16
	playing bool
}

func newVoice(codec webrtc.RTPCodecParameters) (*voice, error) {
	v := &voice{scale: max(1, codec.ClockRate/8000)}
	out := make([]int16, longest)
	switch strings.ToLower(codec.MimeType) {
	case strings.ToLower(webrtc.MimeTypeOpus):
		decoder, err := opus.NewDecoderWithOutput(8000, 1)
		if err != nil {
			return nil, err
		}
		v.decode = func(payload []byte) ([]int16, error) {
			n, err := decoder.DecodeToInt16(payload, out)
			return out[:n], err
		}
	case strings.ToLower(webrtc.MimeTypePCMA):
		v.decode = expand(g711.DecodeAlawFrame, out)
	default:
		v.decode = expand(g711.DecodeUlawFrame, out)
	}
	return v, nil
}

func expand(one func(byte) int16, out []int16) func([]byte) ([]int16, error) {
	return func(payload []byte) ([]int16, error) {
		n := min(len(payload), len(out))
		for i := range n {
			out[i] = one(payload[i])
		}
		return out[:n], nil
	}
}

// receive takes one packet; only one goroutine may call it.
func (v *voice) receive(p *rtp.Packet) {
	if len(p.Payload) == 0 { // padding
		v.sequence++
		return
	}
	missing := int16(p.SequenceNumber - v.sequence)
	if v.begun && missing < 0 { // its place has been filled
		return
	}
	pcm, err := v.decode(p.Payload)
	if err != nil {
		return
	}
	if v.begun && missing > 0 {
		v.push(v.conceal(int(p.Timestamp-v.time) / int(v.scale)))
	}
	v.begun, v.sequence = true, p.SequenceNumber+1
	v.time = p.Timestamp + uint32(len(pcm))*v.scale
	v.last = append(v.last[:0], pcm...)
	v.push(pcm)
}

// conceal makes up what a lost packet said: the sound before it, fading.
func (v *voice) conceal(samples int) []int16 {
	if samples <= 0 || samples > mostLost || len(v.last) == 0 {
		return nil
	}
	filled := make([]int16, samples)
	for i := range filled {
		filled[i] = int16(int(v.last[i%len(v.last)]) * (samples - i) / samples)
	}
	return filled
}

func (v *voice) push(pcm []int16) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.waiting = append(v.waiting, pcm...)
	if len(v.waiting) > mostKept {
		v.waiting = append([]int16(nil), v.waiting[len(v.waiting)-primed:]...)
	}
	v.playing = v.playing || len(v.waiting) >= primed
}

// add adds the voice's next frame to a sum.
func (v *voice) add(sum []int32) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.playing {
		return
	}
	n := min(len(sum), len(v.waiting))
	for i := range n {
		sum[i] += int32(v.waiting[i])
	}
	v.waiting = v.waiting[n:]
	v.playing = len(v.waiting) > 0
}
