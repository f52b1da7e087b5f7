// Runs the workflow and its activities. Its port opens once a first saga has ended, so that whoever
// waits for the port finds a namespace, shards and pollers that work.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"google.golang.org/protobuf/types/known/durationpb"

	"orderflow/bench/peers/temporal/saga"
)

const (
	// The shortest that the server takes.
	retention = 24 * time.Hour
	timeout   = 60 * time.Second
	// With the SDK's two of a kind most tasks find nobody who waits for them, and are written to the
	// database to be read again; with this many hardly any are.
	pollers = 64
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: worker SERVER PORT")
		os.Exit(2)
	}
	if err := run(os.Args[1], "127.0.0.1:"+os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}
}

func run(server, readyAddress string) error {
	options := client.Options{
		HostPort:  server,
		Namespace: saga.Namespace,
		Logger:    slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	if err := register(options); err != nil {
		return fmt.Errorf("registering the namespace: %w", err)
	}
	temporal, err := client.Dial(options)
	if err != nil {
		return err
	}
	defer temporal.Close()
	orders := worker.New(temporal, saga.TaskQueue, worker.Options{
		MaxConcurrentWorkflowTaskPollers: pollers,
		MaxConcurrentActivityTaskPollers: pollers,
	})
	orders.RegisterWorkflow(saga.OrderSaga)
	orders.RegisterActivity(saga.CreateOrder)
	orders.RegisterActivity(saga.CapturePayment)
	orders.RegisterActivity(saga.ScheduleDelivery)
	if err := orders.Start(); err != nil {
		return err
	}
	defer orders.Stop()
	if err := runFirst(temporal); err != nil {
		return fmt.Errorf("running a first saga: %w", err)
	}
	ready, err := net.Listen("tcp", readyAddress)
	if err != nil {
		return err
	}
	defer ready.Close()
	<-worker.InterruptCh()
	return nil
}

func register(options client.Options) error {
	namespaces, err := client.NewNamespaceClient(options)
	if err != nil {
		return err
	}
	defer namespaces.Close()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	err = namespaces.Register(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace:                        saga.Namespace,
		WorkflowExecutionRetentionPeriod: durationpb.New(retention),
	})
	var exists *serviceerror.NamespaceAlreadyExists
	if errors.As(err, &exists) {
		return nil
	}
	return err
}

func runFirst(temporal client.Client) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return saga.Run(ctx, temporal, saga.Order{ID: fmt.Sprintf("first-%d", time.Now().UnixNano())})
}
