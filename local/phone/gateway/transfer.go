package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/emiago/sipgo/sip"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/livekit/protocol/livekit"
	"github.com/livekit/protocol/rpc"
	"github.com/livekit/psrpc"
)

const (
	defaultTransfer = 30 * time.Second
	hangUpAfter     = time.Second // the phone may hang up first
)

// TransferSIPParticipant asks a phone to call somebody else itself (REFER), and waits for how that went. A transfer
// that is refused, or whose target does not answer, leaves the call as it is.
func (g *gateway) TransferSIPParticipant(
	ctx context.Context, req *rpc.InternalTransferSIPParticipantRequest,
) (*emptypb.Empty, error) {
	c := g.find(req.SipCallId)
	if c == nil {
		return nil, psrpc.NewErrorf(psrpc.NotFound, "there is no call %s", req.SipCallId)
	}
	if !c.dialog.live() {
		return nil, psrpc.NewErrorf(psrpc.FailedPrecondition, "the call is not answered: it cannot be transferred")
	}
	limit := req.RingingTimeout.AsDuration()
	if limit <= 0 {
		limit = defaultTransfer
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := c.transfer(ctx, req); err != nil {
		return nil, err
	}
	time.AfterFunc(hangUpAfter, func() { c.end(hungUp, livekit.DisconnectReason_CLIENT_INITIATED) })
	return &emptypb.Empty{}, nil
}

func (c *call) transfer(ctx context.Context, req *rpc.InternalTransferSIPParticipantRequest) error {
	select {
	case <-c.refers: // of an earlier transfer that nobody waited for
	default:
	}
	refer := c.dialog.request(sip.REFER)
	refer.AppendHeader(sip.NewHeader("Refer-To", req.TransferTo))
	for name, value := range req.Headers {
		refer.AppendHeader(sip.NewHeader(name, value))
	}
	slog.Info("transferring", "call", c.id)
	response, err := c.dialog.ask(ctx, refer)
	if err != nil {
		return psrpc.NewError(psrpc.Canceled, err)
	}
	if !response.IsSuccess() {
		return (&refusal{response.StatusCode, response.Reason}).told(psrpc.UpstreamClientError)
	}
	select {
	case <-ctx.Done():
		return psrpc.NewErrorf(psrpc.Canceled, "the phone did not tell in time how the transfer went")
	case <-c.ctx.Done(): // a phone that hangs up now has gone to the other call
		return nil
	case refused := <-c.refers:
		if refused != nil {
			return refused.told(psrpc.UpstreamClientError)
		}
		return nil
	}
}
