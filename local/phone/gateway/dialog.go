package main

import (
	"context"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

const byeLimit = 2 * time.Second

// dialog is what both sides of one SIP call keep (RFC 3261, section 12), whoever began it. It begins when the call is
// answered and ends once. Its methods may be called at the same time: phones and rooms end a call at the same moment.
type dialog struct {
	agent  *userAgent
	callID string

	mu          sync.Mutex
	local       sip.FromHeader
	remote      sip.ToHeader
	target      sip.Uri // the phone's Contact
	route       []sip.Header
	sequence    uint32 // of our last request
	established bool
	ended       bool
	ack         chan struct{} // closed by the phone's ACK
}

// answeredBy begins the dialog of an INVITE of ours.
func (d *dialog) answeredBy(invite *sip.Request, r *sip.Response) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.local, d.remote = *invite.From(), *r.To()
	d.sequence, d.target = invite.CSeq().SeqNo, invite.Recipient
	if contact := r.Contact(); contact != nil {
		d.target = contact.Address
	}
	recorded := r.GetHeaders("Record-Route")
	for i := len(recorded) - 1; i >= 0; i-- { // the phone's proxy is the last of them, and our first hop
		d.route = append(d.route, sip.NewHeader("Route", recorded[i].Value()))
	}
	d.established = true
}

// answering begins the dialog of a phone's INVITE, with the answer that is about to be sent.
func (d *dialog) answering(invite *sip.Request, r *sip.Response) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.local, d.remote = r.To().AsFrom(), invite.From().AsTo()
	d.target = invite.Contact().Address
	for _, recorded := range invite.GetHeaders("Record-Route") {
		d.route = append(d.route, sip.NewHeader("Route", recorded.Value()))
	}
	d.established = true
}

// moved takes the phone's new address from a re-INVITE of its.
func (d *dialog) moved(req *sip.Request) {
	if contact := req.Contact(); contact != nil {
		d.mu.Lock()
		d.target = contact.Address
		d.mu.Unlock()
	}
}

// live tells whether the call was answered and has not ended.
func (d *dialog) live() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.established && !d.ended
}

// end marks the dialog as ended; true for the one caller that ended it.
func (d *dialog) end() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	was := d.established && !d.ended
	d.ended = true
	return was
}

// request makes a request within the dialog.
func (d *dialog) request(method sip.RequestMethod) *sip.Request {
	d.mu.Lock()
	defer d.mu.Unlock()
	if method != sip.ACK { // an ACK has its INVITE's number
		d.sequence++
	}
	req := sip.NewRequest(method, *d.target.Clone())
	id := sip.CallIDHeader(d.callID)
	for _, header := range append([]sip.Header{
		sip.HeaderClone(&d.local), sip.HeaderClone(&d.remote), &id,
		&sip.CSeqHeader{SeqNo: d.sequence, MethodName: method}, sip.HeaderClone(&d.agent.contact),
	}, d.route...) {
		req.AppendHeader(header)
	}
	return req
}

// ask sends a request within the dialog, and waits for the phone's last word to it.
func (d *dialog) ask(ctx context.Context, req *sip.Request) (*sip.Response, error) {
	return d.agent.client.Do(ctx, req)
}

// expectAck returns what closes with the phone's next ACK.
func (d *dialog) expectAck() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ack = make(chan struct{})
	return d.ack
}

func (d *dialog) acknowledged() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ack != nil {
		close(d.ack)
		d.ack = nil
	}
}

// bye hangs up, unless the call has ended already.
func (d *dialog) bye() {
	if d.end() {
		ctx, cancel := context.WithTimeout(context.Background(), byeLimit)
		defer cancel()
		_, _ = d.ask(ctx, d.request(sip.BYE))
	}
}
