package main

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pion/sdp/v3"
)

const (
	pcmu        = 0
	pcma        = 8
	keysOffered = 101 // the payload type of RFC 4733 in our offers
)

// peer is where and how a phone wants its sound.
type peer struct {
	address *net.UDPAddr
	codec   uint8
	keys    uint8  // payload type of RFC 4733 events; 0: it takes none
	hears   bool   // false while it holds the call
	ours    string // the direction that we answer with
}

// readPeer reads a phone's SDP: the first of its codecs that is G.711.
func readPeer(body []byte) (*peer, error) {
	var description sdp.SessionDescription
	if err := description.Unmarshal(body); err != nil {
		return nil, fmt.Errorf("the phone's SDP cannot be read: %w", err)
	}
	at := slices.IndexFunc(description.MediaDescriptions, func(m *sdp.MediaDescription) bool { return m.MediaName.Media == "audio" })
	if at < 0 {
		return nil, errors.New("the phone's SDP has no sound")
	}
	media := description.MediaDescriptions[at]
	connection := media.ConnectionInformation
	if connection == nil {
		connection = description.ConnectionInformation
	}
	if connection == nil || connection.Address == nil || media.MediaName.Port.Value == 0 {
		return nil, errors.New("the phone's SDP has no address for its sound")
	}
	p := &peer{address: &net.UDPAddr{IP: net.ParseIP(connection.Address.Address), Port: media.MediaName.Port.Value}}
	if p.address.IP == nil {
		return nil, errors.New("the phone's SDP has no IP address for its sound")
	}
	shared := slices.IndexFunc(media.MediaName.Formats, func(f string) bool { return f == strconv.Itoa(pcmu) || f == strconv.Itoa(pcma) })
	if shared < 0 {
		return nil, errors.New("the phone shares no codec with the gateway: PCMU and PCMA")
	}
	if media.MediaName.Formats[shared] == strconv.Itoa(pcma) {
		p.codec = pcma
	}
	for _, a := range media.Attributes {
		payload, coding, _ := strings.Cut(a.Value, " ")
		if number, err := strconv.ParseUint(payload, 10, 7); a.Key == "rtpmap" && err == nil && strings.EqualFold(coding, "telephone-event/8000") {
			p.keys = uint8(number)
		}
	}
	p.hears, p.ours = direction(description.Attributes, media.Attributes)
	p.hears = p.hears && !p.address.IP.IsUnspecified() // the older way to hold: 0.0.0.0
	return p, nil
}

// direction tells whether the phone wants to hear, and what that makes of our side (RFC 3264, section 6.1).
func direction(session, media []sdp.Attribute) (hears bool, ours string) {
	for _, a := range slices.Concat(media, session) {
		switch a.Key {
		case "sendonly":
			return false, "recvonly"
		case "inactive":
			return false, "inactive"
		case "recvonly":
			return true, "sendonly"
		case "sendrecv":
			return true, "sendrecv"
		}
	}
	return true, "sendrecv"
}

// describe is our side of the sound.
func describe(local *net.UDPAddr, version uint64, direction string, keys uint8, codecs ...uint8) []byte {
	names := map[uint8]string{pcmu: "PCMU", pcma: "PCMA"}
	formats, lines := "", ""
	for _, codec := range codecs {
		formats += fmt.Sprintf(" %d", codec)
		lines += fmt.Sprintf("a=rtpmap:%d %s/8000\r\n", codec, names[codec])
	}
	if keys != 0 {
		formats += fmt.Sprintf(" %d", keys)
		lines += fmt.Sprintf("a=rtpmap:%d telephone-event/8000\r\na=fmtp:%d 0-15\r\n", keys, keys)
	}
	return fmt.Appendf(nil, "v=0\r\no=gateway %d %d IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/AVP%s\r\n%sa=ptime:%d\r\na=%s\r\n",
		local.Port, version, local.IP, local.IP, local.Port, formats, lines, frame/time.Millisecond, direction)
}
