// Runs workflows on Temporal, each from its start until its result is known. The clients share one
// gRPC connection, as the SDK advises.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/client"

	"orderflow/bench/peers/temporal/saga"
)

const (
	accounts       = 256
	amountMaxCents = 10_000
	address        = "Alice, 1 Main Street, 12345 Springfield, US"
	timeout        = 60 * time.Second
)

func main() {
	chosen, server := parseOptions()
	good, err := run(chosen, server)
	if err != nil {
		fmt.Fprintln(os.Stderr, "temporal:", err)
	}
	if err != nil || !good {
		os.Exit(1)
	}
}

func parseOptions() (options, string) {
	levels := flag.String("levels", "256,64,16,1", "sagas in flight, measured one after the other")
	seconds := flag.Int("seconds", 20, "length of each window")
	warmUp := flag.Int("warm-up", 5, "seconds of load before each window")
	server := flag.String("server", "127.0.0.1:7233", "where Temporal's frontend is")
	jsonFile := flag.String("json", "", "file that gets the figures as JSON")
	flag.Parse()
	chosen := options{seconds: *seconds, warmUpSeconds: *warmUp, jsonFile: *jsonFile}
	for text := range strings.SplitSeq(*levels, ",") {
		level, err := strconv.Atoi(text)
		if err != nil || level < 1 || level > clientsMax {
			usageError("--levels are numbers from 1 to %d", clientsMax)
		}
		chosen.levels = append(chosen.levels, level)
	}
	if *seconds < 1 || *seconds > secondsMax || *warmUp < 0 || *warmUp > secondsMax || flag.NArg() > 0 {
		usageError("--seconds and --warm-up go up to %d, and nothing follows the options", secondsMax)
	}
	return chosen, *server
}

func usageError(format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, "temporal: "+format+"\n", arguments...)
	os.Exit(2)
}

func run(chosen options, server string) (bool, error) {
	temporal, err := client.Dial(client.Options{
		HostPort:  server,
		Namespace: saga.Namespace,
		Logger:    slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		return false, err
	}
	defer temporal.Close()
	var lastOrder atomic.Int64
	return measure("temporal", chosen, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		return saga.Run(ctx, temporal, saga.Order{
			ID:          strconv.FormatInt(lastOrder.Add(1), 10),
			AccountID:   1 + rand.IntN(accounts),
			AmountCents: 1 + rand.IntN(amountMaxCents),
			Address:     address,
		})
	})
}
