package main

import (
	"sync"
	"time"

	"github.com/pion/rtp"
)

// place is where a packet of sound stands in the stream that the room gets.
type place struct {
	sequence  uint16
	timestamp uint32
}

// splice makes one stream of what a phone sends: a packet lost on the way leaves a gap, which the listeners conceal;
// keys between leave none; and a phone that begins a new stream, after hold, goes on where the old one ended.
type splice struct {
	mu       sync.Mutex
	begun    bool
	source   uint32
	sequence uint16 // what is added to the phone's
	time     uint32 // likewise
	last     place
	at       time.Time
}

// skip leaves out a packet that is no sound.
func (s *splice) skip() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sequence--
}

func (s *splice) place(h *rtp.Header) place {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.begun || h.SSRC != s.source {
		silent := uint32(0)
		if s.begun {
			silent = uint32(time.Since(s.at) / (time.Second / 8000))
		}
		s.sequence, s.time = s.last.sequence+1-h.SequenceNumber, s.last.timestamp+silent-h.Timestamp
		s.begun, s.source = true, h.SSRC
	}
	s.last = place{h.SequenceNumber + s.sequence, h.Timestamp + s.time}
	s.at = time.Now()
	return s.last
}
