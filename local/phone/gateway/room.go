package main

import (
	"context"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
)

// room is a call's participant of kind SIP in its room. It publishes the phone's G.711 as it is, and hears everybody.
type room struct {
	room  *lksdk.Room
	track *lksdk.LocalTrack
	keys  func(keys string) // what others press for the phone

	mu         sync.Mutex
	stream     splice // what the room hears of the phone
	attributes map[string]string
	listening  bool
	voices     map[*voice]struct{}

	heard, spoke, left             chan struct{} // closed when somebody can be heard; the phone spoke; the room is left
	heardOnce, spokeOnce, leftOnce sync.Once
}

func enter(ctx context.Context, url, token string, attributes map[string]string, keys func(string)) (*room, error) {
	r := &room{
		keys: keys, attributes: attributes, voices: map[*voice]struct{}{},
		heard: make(chan struct{}), spoke: make(chan struct{}), left: make(chan struct{}),
	}
	r.room = lksdk.NewRoom(&lksdk.RoomCallback{
		OnDisconnected:         func() { r.leftOnce.Do(func() { close(r.left) }) },
		OnReconnected:          r.again,
		OnParticipantConnected: r.seen,
		ParticipantCallback: lksdk.ParticipantCallback{
			OnTrackPublished:  func(t *lksdk.RemoteTrackPublication, _ *lksdk.RemoteParticipant) { r.hear(t) },
			OnTrackSubscribed: func(t *webrtc.TrackRemote, _ *lksdk.RemoteTrackPublication, _ *lksdk.RemoteParticipant) { go r.play(t) },
			OnDataPacket: func(packet lksdk.DataPacket, _ lksdk.DataReceiveParams) {
				if key, ok := packet.(*livekit.SipDTMF); ok {
					r.keys(key.Digit)
				}
			},
		},
	})
	err := r.room.JoinWithContextAndToken(ctx, url, token, lksdk.WithAutoSubscribe(false), lksdk.WithExtraAttributes(attributes))
	if err != nil {
		return nil, err
	}
	r.set(attributes) // a token that livekit-server made has not all of them
	if r.track, err = lksdk.NewLocalTrack(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMU, ClockRate: 8000, Channels: 1}); err == nil {
		_, err = r.room.LocalParticipant.PublishTrack(r.track, &lksdk.TrackPublicationOptions{
			Name: r.room.LocalParticipant.Identity(), Source: livekit.TrackSource_MICROPHONE,
		})
	}
	if err != nil {
		r.leave(livekit.DisconnectReason_MEDIA_FAILURE)
		return nil, err
	}
	go r.hush()
	return r, nil
}

// hush sends silence until the phone is heard: livekit-server tells of a track once it carries something.
func (r *room) hush() {
	ticker := time.NewTicker(frame)
	defer ticker.Stop()
	silence := make([]byte, perFrame)
	encode(pcmu, make([]int16, perFrame), silence)
	for header := (rtp.Header{}); ; header.SequenceNumber, header.Timestamp = header.SequenceNumber+1, header.Timestamp+perFrame {
		select {
		case <-r.spoke:
			return
		case <-r.left:
			return
		case <-ticker.C:
			r.send(silence, &header)
		}
	}
}

func (r *room) sid() string { return r.room.LocalParticipant.SID() }

// set changes some of the participant's attributes.
func (r *room) set(changed map[string]string) {
	r.mu.Lock()
	maps.Copy(r.attributes, changed)
	r.mu.Unlock()
	r.room.LocalParticipant.SetAttributes(changed)
}

func (r *room) leave(reason livekit.DisconnectReason) {
	r.leftOnce.Do(func() { close(r.left) })
	r.room.DisconnectWithReason(reason)
}

// again tells a server that may be a new one what the old one knew: whom we hear, and our attributes.
func (r *room) again() {
	r.mu.Lock()
	attributes, listening := maps.Clone(r.attributes), r.listening
	r.mu.Unlock()
	slog.Info("back in the room", "identity", r.sid())
	r.room.LocalParticipant.SetAttributes(attributes)
	if listening {
		r.listen()
	}
}

// pressed tells the room of a key that the phone pressed.
func (r *room) pressed(key string) {
	code := strings.Index(keyNames, key)
	if code < 0 || len(key) != 1 {
		return
	}
	packet := &livekit.SipDTMF{Code: uint32(code), Digit: key}
	if err := r.room.LocalParticipant.PublishDataPacket(packet, lksdk.WithDataPublishReliable(true)); err != nil {
		slog.Warn("a key was not told to the room", "error", err)
	}
}

// speak sends a packet of the phone's sound to the room.
func (r *room) speak(ulaw []byte, received *rtp.Header) {
	r.spokeOnce.Do(func() { close(r.spoke) })
	r.send(ulaw, received)
}

func (r *room) send(ulaw []byte, of *rtp.Header) {
	at := r.stream.place(of)
	header := rtp.Header{Version: 2, SequenceNumber: at.sequence, Timestamp: at.timestamp}
	_ = r.track.WriteRTP(&rtp.Packet{Header: header, Payload: ulaw}, nil)
}

// listen hears all sound that there is, and that will be.
func (r *room) listen() {
	r.mu.Lock()
	r.listening = true
	r.mu.Unlock()
	for _, p := range r.room.GetRemoteParticipants() {
		r.seen(p)
		for _, t := range p.TrackPublications() {
			if track, ok := t.(*lksdk.RemoteTrackPublication); ok {
				r.hear(track)
			}
		}
	}
}

// seen: another phone that rings may wait for us as we wait for it, so it need not speak.
func (r *room) seen(p *lksdk.RemoteParticipant) {
	if p.Kind() == lksdk.ParticipantSIP {
		r.heardOnce.Do(func() { close(r.heard) })
	}
}

func (r *room) hear(t *lksdk.RemoteTrackPublication) {
	r.mu.Lock()
	listening := r.listening
	r.mu.Unlock()
	if listening && t.Kind() == lksdk.TrackKindAudio && t.SetSubscribed(true) == nil {
		r.heardOnce.Do(func() { close(r.heard) })
	}
}

// play decodes a track until it ends.
func (r *room) play(track *webrtc.TrackRemote) {
	v, err := newVoice(track.Codec())
	if err != nil {
		slog.Warn("a track cannot be heard", "codec", track.Codec().MimeType, "error", err)
		return
	}
	r.mu.Lock()
	r.voices[v] = struct{}{}
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		delete(r.voices, v)
		r.mu.Unlock()
	}()
	for {
		p, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		v.receive(p)
	}
}

// mix fills a frame with the sum of all that is heard.
func (r *room) mix(frame []int16) {
	sum := make([]int32, len(frame))
	r.mu.Lock()
	for v := range r.voices {
		v.add(sum)
	}
	r.mu.Unlock()
	for i, sample := range sum {
		frame[i] = int16(max(-32768, min(32767, sample)))
	}
}
