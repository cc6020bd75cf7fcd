package main

import (
	"context"
	"errors"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// How long a phone that never said a word is still listened for once its call is taken back: it may ring only then.
const lateRingLimit = 3 * time.Second

var errUnanswered = errors.New("nobody answered in time")

// refusal is a phone's last word, other than its answer.
type refusal struct {
	code   int
	reason string
}

func (r *refusal) Error() string { return "the phone refused: " + r.reason }

// invitation is one INVITE, from its sending to the phone's last word. sipgo's own loop gives up after eleven
// responses, and waits 32 s for a phone that says nothing at all.
type invitation struct {
	dialog  *dialog
	request *sip.Request
	account sipgo.DigestAuth
	rings   func() // called at each 18x
}

// send returns the phone's answer, acknowledged; a refusal; or errUnanswered when ctx ends, with the call taken back.
func (i *invitation) send(ctx context.Context) (*sip.Response, error) {
	tx, err := i.dialog.agent.client.TransactionRequest(context.WithoutCancel(ctx), i.request)
	if err != nil {
		return nil, err
	}
	heard, challenged := false, false
	for {
		select {
		case <-ctx.Done():
			go i.takeBack(tx, heard)
			return nil, errUnanswered
		case <-tx.Done():
			return nil, errors.Join(errUnanswered, tx.Err())
		case r := <-tx.Responses():
			heard = true
			switch {
			case r.IsProvisional():
				if r.StatusCode >= 180 {
					i.rings()
				}
			case r.IsSuccess():
				return r, i.accept(tx, r)
			case asksWho(r) && i.account.Password != "" && !challenged:
				challenged, heard = true, false
				if tx, err = i.dialog.agent.client.TransactionDigestAuth(context.WithoutCancel(ctx), i.request, r, i.account); err != nil {
					return nil, err
				}
			default:
				return nil, &refusal{r.StatusCode, r.Reason}
			}
		}
	}
}

func asksWho(r *sip.Response) bool {
	return r.StatusCode == sip.StatusUnauthorized || r.StatusCode == sip.StatusProxyAuthRequired
}

// accept begins the dialog and acknowledges the answer, each time that the phone repeats it.
func (i *invitation) accept(tx sip.ClientTransaction, r *sip.Response) error {
	i.dialog.answeredBy(i.request, r)
	ack := i.dialog.request(sip.ACK)
	tx.OnRetransmission(func(*sip.Response) { _ = i.dialog.agent.client.WriteRequest(ack.Clone()) })
	return i.dialog.agent.client.WriteRequest(ack.Clone())
}

// takeBack sends CANCEL as soon as it may: once the phone has said something (RFC 3261, 9.1). A phone that answers at
// the same moment is hung up.
func (i *invitation) takeBack(tx sip.ClientTransaction, heard bool) {
	limit := time.NewTimer(lateRingLimit)
	defer limit.Stop()
	if heard {
		i.cancel()
	}
	for {
		select {
		case <-limit.C:
			tx.Terminate()
			return
		case <-tx.Done():
			return
		case r := <-tx.Responses():
			switch {
			case r.IsSuccess():
				_ = i.accept(tx, r)
				i.dialog.bye()
				return
			case !r.IsProvisional(): // 487: the transaction acknowledges it
				return
			case !heard:
				heard = true
				i.cancel()
			}
		}
	}
}

func (i *invitation) cancel() {
	cancel := sip.NewRequest(sip.CANCEL, i.request.Recipient)
	for _, header := range []sip.Header{i.request.Via(), i.request.From(), i.request.To(), i.request.CallID()} {
		cancel.AppendHeader(sip.HeaderClone(header))
	}
	cancel.AppendHeader(&sip.CSeqHeader{SeqNo: i.request.CSeq().SeqNo, MethodName: sip.CANCEL})
	go func() {
		ctx, end := context.WithTimeout(context.Background(), byeLimit)
		defer end()
		_, _ = i.dialog.agent.client.Do(ctx, cancel)
	}()
}
