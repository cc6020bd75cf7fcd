// The test gateway: it stands where livekit-sip stands in production. livekit-server calls its SIPInternal service
// over Redis; it calls phones and is called by them (SIP over UDP, G.711), and is one participant in a room per call.
// For tests, the demo and development alone: it trusts its network, and encrypts and authenticates nothing.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/go-logr/logr"
	"github.com/redis/go-redis/v9"

	protologger "github.com/livekit/protocol/logger"
	"github.com/livekit/protocol/rpc"
	"github.com/livekit/psrpc"
	lksdk "github.com/livekit/server-sdk-go/v2"
)

const (
	reachLimit = 10 * time.Second
	lookAgain  = 5 * time.Millisecond
)

func main() {
	redisAddress := flag.String("redis", "", "the Redis that livekit-server uses, as host:port")
	listen := flag.String("sip", "127.0.0.1:0", "where phones reach the gateway over UDP, as host:port")
	server := flag.String("livekit", "", "livekit-server, as ws://host:port; its key is in LIVEKIT_API_KEY and LIVEKIT_API_SECRET")
	loss := flag.Int("loss", 0, "percent of the packets of sound and keys that are lost on the way to and from phones")
	flag.Parse()
	// Both libraries' logs name telephone numbers.
	lksdk.SetLogger(protologger.LogRLogger(logr.Discard()))
	sip.SetDefaultLogger(slog.New(slog.DiscardHandler))
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, *redisAddress, *listen, *server, *loss); err != nil {
		slog.Error("the gateway ends", "error", err)
		os.Exit(1)
	}
}

// serve runs the gateway until ctx ends, then hangs up every call.
func serve(ctx context.Context, redisAddress, listen, server string, loss int) error {
	access := livekitAccess{url: server, key: os.Getenv("LIVEKIT_API_KEY"), secret: os.Getenv("LIVEKIT_API_SECRET")}
	if redisAddress == "" || access.url == "" || access.key == "" || access.secret == "" {
		return errors.New("-redis, -livekit, LIVEKIT_API_KEY and LIVEKIT_API_SECRET are needed")
	}
	client := redis.NewClient(&redis.Options{Addr: redisAddress})
	defer client.Close()
	if err := client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("no Redis at %s: %w", redisAddress, err)
	}
	bus := psrpc.NewRedisMessageBus(client)
	rules, err := rpc.NewIOInfoClient(bus)
	if err != nil {
		return err
	}
	agent, err := newUserAgent(listen)
	if err != nil {
		return fmt.Errorf("no socket for SIP at %s: %w", listen, err)
	}
	defer agent.close()
	g := &gateway{livekit: access, agent: agent, rules: rules, loss: loss, calls: map[string]*call{}}
	if g.service, err = rpc.NewSIPInternalServer(g, bus); err != nil {
		return err
	}
	defer g.service.Kill()
	if err := g.service.RegisterCreateSIPParticipantTopic(""); err != nil {
		return err
	}
	defer g.hangUpAll()
	if err := agent.serve(g); err != nil {
		return err
	}
	if err := reached(ctx, client); err != nil {
		return err
	}
	slog.Info("ready", "sip", agent.address)
	<-ctx.Done()
	return nil
}

// reached waits until Redis has the subscriptions by which livekit-server reaches the gateway: psrpc sends them later.
func reached(ctx context.Context, client *redis.Client) error {
	ctx, stop := context.WithTimeout(ctx, reachLimit)
	defer stop()
	for {
		counts, err := client.PubSubNumSub(ctx, "SIPInternal|CreateSIPParticipant|REQ", "SIPInternal|CreateSIPParticipant|RCLAIM").Result()
		if err != nil {
			return fmt.Errorf("Redis has no subscription of the gateway: %w", err)
		}
		missing := 0
		for _, count := range counts {
			if count == 0 {
				missing++
			}
		}
		if len(counts) > 0 && missing == 0 {
			return nil
		}
		time.Sleep(lookAgain)
	}
}
